"""How the pages look beyond ``.streamlit/config.toml``: spacing, the headline, the two colours in words.

Colours come from ``analytics.charts.palette``, so that a word on a page and a bar on a chart agree.
"""

from __future__ import annotations

import streamlit as st

from analytics.charts import palette

_STYLE = f"""
<style>
  .block-container {{ max-width: 1240px; padding-top: 2.6rem; padding-bottom: 3rem; }}
  .wa-headline {{ font-size: 1.45rem; line-height: 1.4; color: {palette.INK}; margin: 0 0 .3rem 0; }}
  .wa-headline b {{ color: {palette.MISSED}; font-weight: 650; white-space: normal; }}
  .wa-small {{ color: {palette.MUTED}; font-size: .92rem; line-height: 1.45; }}
  .wa-small p {{ margin: 0 0 .3rem 0; }}
  .wa-figures {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
                 gap: .9rem 1.4rem; margin: .6rem 0 1rem 0; }}
  .wa-figure {{ border-top: 3px solid {palette.GRID}; padding: .45rem 0 .6rem 0; height: 100%; }}
  .wa-figure .name {{ color: {palette.MUTED}; font-size: .88rem; }}
  .wa-figure .value {{ font-size: 1.5rem; font-weight: 600; line-height: 1.25; color: {palette.INK};
                       overflow-wrap: anywhere; }}
  .wa-figure .note {{ color: {palette.MUTED}; font-size: .88rem; line-height: 1.35; }}
  .wa-help {{ display: inline; font-size: .85rem; }}
  .wa-help summary {{ display: inline-block; cursor: pointer; list-style: none; margin-left: .35rem;
                      min-width: 1.15rem; text-align: center; border: 1px solid {palette.GRID};
                      border-radius: 50%; line-height: 1.05rem; }}
  .wa-help summary::-webkit-details-marker {{ display: none; }}
  .wa-figure.called {{ border-top-color: {palette.CALLED}; }}
  .wa-figure.missed {{ border-top-color: {palette.MISSED}; }}
  .wa-withheld {{ border: 1px solid {palette.RECORDED}; border-left: 5px solid {palette.RECORDED};
                  border-radius: 6px; padding: .8rem 1rem; margin: .2rem 0 1rem 0; }}
  .wa-withheld .title {{ font-weight: 650; }}
  @media (max-width: 640px) {{
    .block-container {{ padding-left: .9rem; padding-right: .9rem; }}
    .wa-headline {{ font-size: 1.2rem; }}
  }}
</style>
"""


def apply() -> None:
    """Put the style on the page."""
    st.html(_STYLE)
