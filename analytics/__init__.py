"""Walkaway's analysis: how many problems walk past an andon. Nothing here knows the web framework.

The way in
    __main__    ``python -m analytics``: makes the environment first where there is none
    bootstrap   from a bare Python to the locked environment
    cli         the commands; cli_options what they take, cli_steps what they do, cli_lists what they list,
                cli_batches loads and their undoing, cli_watch a folder that exports arrive in,
                cli_audit what people look at, cli_shell what surrounds them, cli_render what they print,
                cli_ladder the ladder of demand; serve starts the pages
    doctor      versions, workspace health, where personal data can be, what is missing and what it costs

What is shared
    errors      every error a user can meet
    faults      what a disk or a folder that fails says, in plain words
    config      where things are, and which versions are written
    results     estimates that cannot lose their interval
    contracts   reads data/contracts
    accuracy    how accurate the estimate was on plants with known truth, as shipped
    queries     the only reader of sql/
    whole_file  a file asked for is there as a whole, or as it was
    warehouse   the only opener of DuckDB files
    journal     the only opener of journal.sqlite
    entries     what it keeps of loads and of audits

From exports to an answer
    ingest      formats → mapping → validation → load
    estimate    net time, blocking, matching, baseline, null, mixture, intervals, walking away
    problems    episodes, the four types, targets
    study       the pipeline: warehouse in, run out
    steps       … its steps, and what each hands on
    audits      go and see: what is drawn for people to look at, and what they saw
    period      which days, on the stored clock
    findings    what was estimated → the report contract
    caveats     assumptions that the data strain or break
    spelling    stations that calls name and cycles do not
    runs        the published runs: list, find, read, prune
    staleness   whether a run still says what is loaded
    watch       a folder that exports arrive in: loaded once complete, analyzed in time
    charts      results → figures
    report      a run → JSON, HTML, workbook
    exports     a run's tables → Parquet, CSV, workbook
    simulate    plants with known truth
"""
