"""The server of the pages: ``python -m streamlit run dashboard/asgi.py``.

Everything heavy is imported here, once and before the first page runs: a lazy import inside a page can race
another visitor's page. ``.streamlit/config.toml`` beside this file holds the settings; what depends on the
address is set here.
"""

from __future__ import annotations

from pathlib import Path

import duckdb  # noqa: F401  (before the first page, see above)
import pandas as pd  # noqa: F401
import plotly.graph_objects as go  # noqa: F401
import polars as pl  # noqa: F401
import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

import dashboard.app  # noqa: F401
from dashboard import uploads
from dashboard.access import is_loopback
from dashboard.receiving import UploadsToDisk

if is_loopback(config.get_option("server.address")):
    # A foreign web page that makes its own name point at this machine must not reach the pages.
    config.set_option("server.allowedHosts", ["localhost", "127.0.0.1", "[::1]", "::1"])

uploads.sweep()
app = st.App(str(Path(__file__).with_name("app.py")), middleware=[Middleware(UploadsToDisk)])
