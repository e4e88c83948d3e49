"""A Sphinx directive that draws the report of a stop.

``.. drain-timeline:: drains/completed.json``
    the file is one that ``nova-compute`` wrote; what draws it is what
    ``nova-manage drain report --html`` draws with
"""

import html
import os
import pathlib

from docutils import nodes
from sphinx.util import docutils

from nova_gs.report import page
from nova_gs.report import story
from nova_gs.report import timeline
from nova_gs.shutdown import report

#: Where the pages and pictures go, below the built documentation.
FOLDER = ('_static', 'drains')

_FIGURE = '''<figure style="margin: 1em 0">
<object type="image/svg+xml" data="%(folder)s/%(name)s.svg"
 aria-label="%(title)s" style="width: 100%%"></object>
<figcaption style="text-align: right; font-size: 85%%">
<a href="%(folder)s/%(name)s.html">The whole page of this stop</a>
</figcaption></figure>
'''


def picture(told):
    """Return the timeline of a ``story.Story`` as an SVG file's text."""
    return timeline.render(told).replace(
        '<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
            '>', '><style>%s\nsvg.timeline { background: var(--paper); '
            'font-family: system-ui, "DejaVu Sans", sans-serif; }\n'
            '</style>' % html.escape(timeline.style(), quote=False), 1)


def write(path, folder):
    """Draw a report.

    :param path: the report
    :param folder: where the page and the picture of its timeline go
    :returns: the ``story.Story``
    """
    told = story.tell(report.DrainReport.read(path))
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, pathlib.Path(path).stem)
    for suffix, text in (('.svg', picture(told)), ('.html',
                                                   page.render(told))):
        pathlib.Path(base + suffix).write_text(text, encoding='utf-8')
    return told


class DrainTimeline(docutils.SphinxDirective):
    """The timeline, with a link to the page."""

    required_arguments = 1

    def run(self):
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        told = write(path, os.path.join(self.env.app.outdir, *FOLDER))
        up = '../' * self.env.docname.count('/')
        return [nodes.raw('', _FIGURE % {
            'folder': up + '/'.join(FOLDER),
            'name': pathlib.Path(path).stem,
            'title': html.escape('Timeline of a stop of %s' % (
                told.report.host))}, format='html')]


def setup(app):
    app.add_directive('drain-timeline', DrainTimeline)
    return {'parallel_read_safe': True}
