"""Who registers in the tests."""

NEW = {
    "nickname": "lain",
    "fullname": "Lain Iwakura",
    "email": "lain@wired.example",
    "password": "close the world",
    "confirm": "close the world",
}
