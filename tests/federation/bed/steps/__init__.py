"""The steps of the walk, by their numbers. Each is a function of one way; those of `ONCE` are done from ours only.

The last two end follows, some of them without a word.
"""

from tests.federation.bed.steps import follows, found, many, marks, posts, staff

STEPS = {
    1: ("search an account", found.accounts),
    2: ("follow", follows.follow),
    3: ("post", posts.post),
    4: ("reply", posts.reply),
    5: ("boost", marks.boost),
    6: ("like, react", marks.like),
    7: ("poll", marks.poll),
    8: ("edit", posts.edit),
    9: ("delete", posts.delete),
    10: ("pin, profile, key rotation", marks.pin),
    11: ("block, unblock", follows.block),
    12: ("search a status", found.statuses),
    16: ("report with forward", staff.report),
    19: ("300 posts, killed meanwhile", many.posts),
    17: ("refuse the host, and take it back", staff.refuse),
    18: ("unfollow, delete account", follows.leave),
}
ONCE = {17, 19}
