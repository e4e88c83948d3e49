"""Sphinx configuration of the nova_gs documentation."""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.abspath(os.path.join(_HERE, '..', '..')))
sys.path.insert(0, os.path.abspath(os.path.join(_HERE, '..', 'ext')))

project = 'nova_gs'
author = 'nova_gs developers'
copyright = 'nova_gs developers, Apache License 2.0'

extensions = [
    'tables', 'options', 'watching', 'phase_picture', 'drains', 'migrations',
    'drivers']

master_doc = 'index'
exclude_patterns = []
highlight_language = 'none'
html_theme = 'alabaster'
html_theme_options = {
    'description': 'A compute service that stops without losing anything',
    'page_width': '1240px',
    'sidebar_width': '210px',
    'body_max_width': '1000px',
    'font_size': '15px',
}
html_show_sourcelink = False
