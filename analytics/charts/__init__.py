"""Results and frames in, Plotly figures out: pure functions, one family of charts a module.

palette     the colours: two of them mean the same everywhere
words       figures and intervals as people read them
strata      a group of cycles as charts and tables take it
layout      what all figures share: fonts, margins, legend, subtitle, the figure that says why it is empty
bars        one quantity a row, with its interval: the ladder, stations by minutes, targets
pareto      called against ran without a call, sorted, with the cumulative line
calling     sentences on calling: from how many seconds on, and what a change in calls comes from
curve       the share called by the seconds a cycle took too long, and the seconds by group
change      what became of calls, problems and call rate between two periods
rates       call rates beside each other, at one common floor
queue       call rates by the number of calls already open
trend       problems and call rate by day
heat        station or shift by day
timeline    the cycles themselves on a time axis, with calls and breaks
fit         observed against noise at one station

Only this package imports plotly; nothing here computes an estimate.
"""
