"""Emoji packs: folders on the disk, the list of installed emoji, archives, and packs of other servers."""
