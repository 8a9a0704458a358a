"""Go and see: cycles or stations are drawn, people look, and what they saw corrects the estimate.

- population: the cycles without a call, cut into strata
- records: past cycles, drawn to be checked against video or shop records
- windows: times at stations, drawn to be watched; what was watched, matched to cycles
- hours: when a line can be expected to run in the coming days
- answers: how people write yes, no, seconds and reasons
- sheets: a draw as a table to fill in
- filled: the filled-in table: every row used, or left out with its reason
- rows: one row of it: what it is about, who looked, what was seen
- book: what was drawn and seen, from the journal
- evidence: what was seen, cycle by cycle and stratum by stratum
- outcome: the audited estimate, and what it rests on
- told: what is said beside an audit, and what stays the model's
- desk: where audits are given out and taken back
"""

from __future__ import annotations
