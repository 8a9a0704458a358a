"""From stamps to the demand nobody called about; no module here knows a database, but for the loading.

plant          the plant as arrays, read from the warehouse
order          in which order units pass the stations
own_time       when a cycle's own time began
planned_time   net time: without breaks and planned stops
quiet          breaks found in the data where no calendar tells them
line_stops     stops of a whole line that no calendar tells
shifts         which shift and shift-day a cycle belongs to
several_parts  which stations' records hold several parts each, so that no single cycle can be seen
baseline       what a cycle usually takes at its own station, and its scatter
coincidences   where ends at one station pile up against ends at the next
blocking       which slow cycles only waited for the next station
open_calls     when each call was open, and how many at a cycle
clocks         how far the andon clock is off
candidates     which cycles each call may be about
landing        how likely it is about each, all calls of the plant at once
matching       which cycle an andon call belongs to, and what it covers
passes         the map steps, all of the above in order
fit            the reduce step: histograms in, noise and delays out
null           the noise of a station that runs undisturbed
mixture        the delays mixed into the noise
delay_prior    what the stations tell each other of how long delays are
scoring        every cycle's chance of an own delay beyond the floor
intervals      how wrong the fit may be
held           cycles held by a stop downstream: slow here, slow there, ended together
long_tail      how many slow cycles noise with a long tail could show
capture        how many two independent lists miss
unseen         whether two lists are independent enough to say so
sources        which slow cycles each source holds, and what no source holds
drift          whether a station's level has risen for good, and since when
alarms         when the number is withheld
walk_away      whether busy help keeps people from calling; walk_away_curve call rates by open calls,
               walk_away_share what would have been called had none been open
ridge_logistic a regression on chances, with its error
by_seconds     slow cycles by the seconds they took too long, and how many of them were called
rising_curve   a share that rises with the logarithm of a size
detection_curve  how likely a call is by the seconds; from when one in two and nine in ten are called
shapley        how much of a change in a sum of products comes from each factor
change         fewer calls: fewer problems, or less calling?
resampling     how far figures move had other shift-days been worked
audit_strata   which cycles are worth a look, and how many of each kind
audit          the count after people looked at a sample of the cycles
observers      how far those people agree, and can be relied on
strata         the estimate in any grouping
sums           how wrong a sum over stations may be
tables         cycles, calls, detections, gaps and breaks as tables of a run
summaries      stations, fits, pairs and cells as tables of a run
"""
