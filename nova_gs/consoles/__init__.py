"""What stands between a browser and a guest's consoles: nova-novncproxy."""
