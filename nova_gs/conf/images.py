"""Options of the built-in image catalogue."""

from oslo_config import cfg

OPTS = (
    cfg.StrOpt(
        'store_path', default='$state_path/images',
        help='Directory of the image files that "nova-manage image add" '
             'brings in. Computes read it, so it must be the same shared '
             'storage on every host.'),
)


def register_opts(conf):
    conf.register_opts(OPTS, group='images')


def list_opts():
    return [('images', OPTS)]
