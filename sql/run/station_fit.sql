-- purpose: table station_fit: the fit at each station: what was seen and what noise alone would give
-- parameters: none
-- grain: one row per station and bin
-- columns:
--   line_id    varchar line
--   station_id varchar station
--   deviation  double  bin's left edge, sigmas
--   observed   double  uncalled cycles in the bin
--   noise      double  expected from noise alone
--   fitted     double  expected from noise and delays

create table if not exists station_fit (
    line_id varchar,
    station_id varchar,
    deviation double,
    observed double,
    noise double,
    fitted double
);
