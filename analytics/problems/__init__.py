"""From slow cycles to problems, their recurring patterns and the four types; frames in, results out.

sequence   the run's cycles as arrays in station and time order, cut into shift-days
neighbours a doubtful cycle's chance, judged again with its neighbours
links      which share of slow cycles continues a problem beyond chance
episodes   problems = slow cycles × (1 − continuation); episodes for export
chance     exact and approximate permutation tests within shift-days; false-discovery control
candidates the patterns looked for at a station, each tested
patterns   which patterns recur: every k-th unit, by product, after a changeover, at an hour, in bursts
standards  which standard holds for which station, product and shift-day
chronic    stations that run steadily slower than their standard or their target condition
output     what came out, and its rate against the standard, also where single cycles cannot be seen
slowing    stations that grow slower, since when, and what it costs: no standard is needed
types      the four types of response (Smalley) with counts and minutes
targets    patterns and chronic gaps ranked by minutes a week, ranks with their range
"""
