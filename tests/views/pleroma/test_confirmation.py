"""Confirming the address of an account (docs/api/pleroma.md 10.3)."""

import re

import pytest

from tests.views.pleroma.newcomer import NEW

BASE = "https://pleroma.example"


def test_no_mail_goes_out_while_confirmation_is_not_required(register, mails):
    register()
    assert mails() == []


def test_an_account_waits_for_the_link_of_its_mail(strict, register, mails, log_in, link):
    user = register(to=strict).json
    assert user["pleroma"]["confirmation_pending"] is True
    (mail,) = mails()
    assert (mail["template"], mail["to"], mail["to_name"]) == ("confirmation", "lain@wired.example", "Lain Iwakura")
    log_in(strict, status=403)
    strict.get(f"/api/v1/accounts/{user['id']}", status=404)
    answer = strict.get(link(mail), status=302)
    assert answer.location == "/"
    assert log_in(strict)["pleroma"]["confirmation_pending"] is False
    strict.get(f"/api/v1/accounts/{user['id']}", status=200)


def test_the_mail_that_is_sent_holds_the_link(strict, register, run_jobs, data_directory, log_in):
    before = set((data_directory / "mail").glob("*.eml"))
    register(to=strict)
    run_jobs(account_activation_required=True)
    (path,) = set((data_directory / "mail").glob("*.eml")) - before
    (link,) = set(re.findall(rf"{BASE}(/api/account/confirm_email/\d+/\w+)", path.read_text().replace("=\n", "")))
    path.unlink()
    strict.get(link, status=302)
    log_in(strict)


def test_a_wrong_or_used_link_confirms_nothing(strict, register, mails, alice, log_in, link):
    register(to=strict)
    (mail,) = mails()
    link = link(mail)
    for wrong in (
        link + "x",
        link[:-1],
        link.rsplit("/", 1)[0] + "/%C3%BC",
        link.replace(str(mail["values"]["account_id"]), "5"),
    ):
        assert isinstance(strict.get(wrong, status=404).json["error"], str)
    strict.get(f"/api/account/confirm_email/x/{mail['values']['token']}", status=404)
    strict.get(f"/api/account/confirm_email/{alice.id}/{mail['values']['token']}", status=404)
    log_in(strict, status=403)
    strict.get(link, status=302)
    strict.get(link, status=404)


def test_a_browser_gets_a_page_for_a_wrong_link(strict):
    page = strict.get("/api/account/confirm_email/1/x", headers={"Accept": "text/html,*/*;q=0.8"}, status=404)
    assert page.content_type == "text/html"


def test_a_link_is_for_the_address_it_was_mailed_to(strict, register, mails, sql, link):
    register(to=strict)
    sql("update users set email = 'other@wired.example'")
    strict.get(link(mails()[0]), status=404)


RESEND = "/api/v1/pleroma/accounts/confirmation_resend"


@pytest.mark.parametrize("sent", [{"email": "Lain@Wired.example "}, {"nickname": "LAIN"}])
def test_the_mail_is_sent_again_with_the_same_link(strict, register, mails, sent):
    register(to=strict)
    assert strict.post(RESEND, sent, status=204).body == b""
    first, second = mails()
    assert first == second


@pytest.mark.parametrize(
    "sent",
    [{}, {"email": ""}, {"email": "nobody@x.example"}, {"nickname": "nobody"}, {"email": "\0"},
     {"email": "alice@mail.example"}, {"nickname": "alice"}],
)  # fmt: skip
def test_resending_never_tells_who_is_there(strict, mails, alice, sent):
    assert strict.post_json(RESEND, sent, status=204).body == b""
    assert mails() == []


def test_nothing_is_sent_again_while_confirmation_is_not_required(client, strict, register, mails):
    register(to=strict)
    client.post(RESEND, {"email": NEW["email"]}, status=204)
    assert len(mails()) == 1


def test_resending_is_limited(make_client):
    client = make_client(rate_limits=True)
    for _ in range(5):
        client.post(RESEND, {"email": "x@y.example"}, status=204)
    client.post(RESEND, {"email": "x@y.example"}, status=429)


def test_a_scanner_that_looks_at_the_link_does_not_use_it_up(strict, register, mails, log_in, link):
    register(to=strict)
    (mail,) = mails()
    strict.head(link(mail), status=302)
    log_in(strict, status=403)
    strict.get(link(mail), status=302)
    log_in(strict)
