"""The page of the API for people: the same as the document, without a script."""

from bs4 import BeautifulSoup


def _page(client):
    return BeautifulSoup(client.get("/api/openapi", status=200).text, "html.parser")


def test_the_page_has_a_section_for_each_area_and_every_operation(client):
    document, page = client.get("/api/openapi.json").json, _page(client)
    sections = {section["id"]: section for section in page.select("section")}
    assert set(sections) == {tag["name"] for tag in document["tags"]} | {"entities"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = sections[operation["tags"][0]].find("details", id=operation["operationId"])
            assert shown.summary.code.text == f"{method.upper()} {path}"
            assert operation["summary"] in shown.summary.text


def test_the_page_shows_scope_parameters_and_answers(client):
    shown = _page(client).find("details", id="lists.create")
    assert "write:lists" in shown.text
    rows = {row.code.text: row.text for row in shown.select("tr") if row.code}
    assert "(needed)" not in rows["title"] and "text, 1 to 1000" in rows["title"]
    assert "list or followed or none; else list" in rows["replies_policy"]
    assert [link["href"] for link in shown.select("a")][:1] == ["#entity-List"]


def test_each_link_of_the_page_leads_somewhere(client):
    page = _page(client)
    there = {tag["id"] for tag in page.find_all(id=True)}
    assert {link["href"][1:] for link in page.select("a[href^='#']")} <= there


def test_the_page_may_be_kept_and_needs_no_script(client):
    answer = client.get("/api/openapi")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "<script" not in answer.text


def test_about_leads_to_the_page(client):
    assert BeautifulSoup(client.get("/about").text, "html.parser").select_one("a[href='/api/openapi']")
