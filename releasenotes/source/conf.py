"""Sphinx configuration of the release notes."""

project = 'nova_gs release notes'
author = 'nova_gs developers'
copyright = 'nova_gs developers, Apache License 2.0'

extensions = ['reno.sphinxext']

master_doc = 'index'
html_theme = 'alabaster'
html_show_sourcelink = False
