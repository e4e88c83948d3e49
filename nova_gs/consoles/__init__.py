"""What stands between a browser and a guest's screen: nova-novncproxy."""
