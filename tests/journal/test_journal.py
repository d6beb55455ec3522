from __future__ import annotations

import json
import threading
import tracemalloc

import pytest

from conformance.journal import Journal, JournalError, blob_path, read_exchange, read_segment, segments, verify
from conformance.model.evidence import Channel, Exchange, Message, Tls


def exchange(body: bytes = b"corps \x00\xff", **fields):
    request = Message("POST /x", (("Authorization", "Bearer jeton-secret"), ("X-A", "b")), body)
    return Exchange(
        Channel.INSI, "op", request, Message("HTTP 200", (), b"ok"), frozenset({"clef"}), Tls("TLSv1.2", "S"), **fields
    )


def seals(journal):
    journal.close()
    return [journal.seal]


def test_what_is_written_is_read_back_byte_for_byte(tmp_path):
    journal = Journal(tmp_path)
    written = journal.exchange(exchange())
    (entry,) = read_segment(segments(tmp_path)[0])
    assert read_exchange(tmp_path, entry).request.body == b"corps \x00\xff"
    assert read_exchange(tmp_path, entry).number == written.number == "main-1"
    assert journal.exchanges(Channel.INSI, key="clef")[0].tls == Tls("TLSv1.2", "S")
    assert journal.exchanges(Channel.DMP) == []


def test_authorizations_are_masked_and_configured_secrets_never_reach_the_disk(tmp_path):
    journal = Journal(tmp_path, hidden=frozenset({"mot-de-passe"}))
    journal.exchange(exchange(b'{"secret": "mot-de-passe"}'))
    journal.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"jeton-secret" not in everything
    assert b"mot-de-passe" not in everything
    assert "Bearer [masqué, empreinte" in everything.decode()


def test_a_sound_journal_verifies(tmp_path):
    journal = Journal(tmp_path)
    journal.exchange(exchange())
    journal.note("note", {"a": 1})
    verify(tmp_path, seals(journal))


@pytest.mark.parametrize("change", ["line", "drop", "swap", "blob", "tail", "segment"])
def test_every_alteration_is_told(tmp_path, change):
    journal = Journal(tmp_path)
    sealed = journal.exchange(exchange(b"premier"))
    for number in range(3):
        journal.note("note", {"n": number})
    kept = seals(journal)
    path = segments(tmp_path)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "line":
        lines[1] = lines[1].replace(b'"n":0', b'"n":9')
    elif change == "drop":
        del lines[2]
    elif change == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif change == "tail":
        del lines[-1]
    elif change == "blob":
        entry = json.loads(lines[0])
        blob = blob_path(tmp_path, entry["data"]["request"]["blob"])
        blob.write_bytes(b"Premier")
        assert sealed.number == "main-1"
    else:
        path.with_name("ajout.jsonl").write_bytes(b"")
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalError, match=r"altér|rompue|lignes au lieu|ajouté"):
        verify(tmp_path, kept)


def test_a_line_cut_by_a_kill_is_left_out_and_a_resumed_run_writes_beside(tmp_path):
    journal = Journal(tmp_path)
    journal.note("note", {"n": 1})
    journal.close()
    path = segments(tmp_path)[0]
    path.write_bytes(path.read_bytes() + b'{"number": "main-2", "at"')
    assert len(list(read_segment(path))) == 1
    second = Journal(tmp_path)
    second.note("note", {"n": 2})
    second.close()
    assert [p.name for p in segments(tmp_path)] == ["main.jsonl", "main~2.jsonl"]


def test_several_threads_lose_nothing(tmp_path):
    journal = Journal(tmp_path)

    def work(name):
        for number in range(50):
            journal.exchange(exchange(f"{name}-{number % 7}".encode()))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verify(tmp_path, seals(journal))
    assert len(journal.entries) == 400


def test_waiting_ends_at_the_event_or_at_the_budget(tmp_path):
    journal = Journal(tmp_path)
    assert not journal.wait(lambda: bool(journal.entries), timeout=0.02)
    threading.Timer(0.02, lambda: journal.note("note", {})).start()
    assert journal.wait(lambda: bool(journal.entries), timeout=5)


def test_what_memory_keeps_of_an_exchange_does_not_follow_its_size(tmp_path):
    journal = Journal(tmp_path)
    headers = tuple((f"X-{n}", "v" * 200) for n in range(50))
    tracemalloc.start()
    for n in range(200):
        request = Message("POST /x", headers, b"%d" % n)
        journal.exchange(Exchange(Channel.DMP, "TD2.1", request, None, frozenset({str(n)})))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 200 * 2000
    found = journal.exchanges(key="7")
    assert [one.request.body for one in found] == [b"7"]
    assert found[0].request.headers == headers
    assert len(journal.after(150)) == journal.count - 150 == 50
