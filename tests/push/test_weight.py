"""What web push and second factors cost those who do without them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("cryptography", "http_ece", "py_vapid", "pyotp")
START = """
import sys
from pathlib import Path
from pleroma import config, create_app, jobs
from pleroma.server import generation
settings = config.load({}, data_dir=Path(sys.argv[1]))
generation.make_keys(settings)
create_app(settings)
jobs.registered()
print(config.vapid_public_key(settings), [name for name in sys.argv[2:] if name in sys.modules])
"""


def test_a_start_makes_the_key_and_loads_no_cryptography(tmp_path):
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", START, tmp_path, *HEAVY]
        said.append(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert said[0] == said[1]
    assert said[0][1] == "[]"
    assert (tmp_path / "vapid_key").is_file()
