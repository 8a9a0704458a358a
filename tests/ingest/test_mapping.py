"""Which table, which column: by name in three languages, by preset, by what was told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.contracts import TABLES, contract
from analytics.errors import MappingError, UsageError
from analytics.ingest import ingest_files
from analytics.ingest.mapping import find_mapping, presets, scores
from analytics.ingest.names import is_personal, matches, normalise, split_unit, synonyms
from analytics.ingest.outcome import IngestOptions
from analytics.journal import Journal

TELL = IngestOptions()

HEADERS = {
    "cycles": [
        ["Machine", "Start Time", "End Time", "Serial Number", "Part No"],
        ["Maschine", "Startzeit", "Endzeit", "Seriennummer", "Artikelnummer"],
        ["Máquina", "Hora de inicio", "Hora de fin", "Número de serie", "Producto"],
        ["STATION", "Timestamp", "Cycle Time [s]", "Good Quantity"],
        ["Arbeitsplatz", "Zeitstempel", "Zykluszeit (s)", "Stückzahl"],
        ["Estación", "Fecha y hora", "Tiempo de ciclo (s)", "Cantidad"],
    ],
    "andon_calls": [
        ["Call ID", "Station", "Called at", "Acknowledged", "Resolved", "Category"],
        ["Ruf-ID", "Station", "ausgelöst um", "quittiert um", "behoben um", "Rufgrund"],
        ["ID llamada", "Estación", "hora de llamada", "atendido", "resuelto", "motivo"],
    ],
    "detections": [
        ["Machine", "Downtime Start", "Downtime End", "Downtime Reason", "Planned"],
        ["Maschine", "Störbeginn", "Störende", "Störgrund", "geplant"],
        ["Máquina", "Inicio parada", "Fin parada", "Motivo de parada", "Planificado"],
    ],
    "stations": [
        ["Station", "Line", "Position"],
        ["Station", "Linie", "Reihenfolge"],
        ["Estación", "Línea", "Posición"],
    ],
    "standards": [
        ["Station", "Product", "Standard time"],
        ["Station", "Produkt", "Sollzeit (s)"],
        ["Estación", "Producto", "Tiempo estándar"],
    ],
    "calendar": [
        ["starts_at", "ends_at", "kind"],
        ["Beginn", "Ende", "Art", "Bezeichnung"],
        ["Inicio", "Fin", "Tipo", "Nombre"],
    ],
    "teams": [
        ["Line", "Shift", "Team leaders"],
        ["Linie", "Schicht", "Teamleiter"],
        ["Línea", "Turno", "Líderes"],
    ],
    "countermeasures": [
        ["Station", "Started at", "Countermeasure", "Owner"],
        ["Station", "Startdatum", "Gegenmaßnahme", "Zuständig"],
    ],
    "reviews": [["Level", "Line", "Held at"], ["Ebene", "Linie", "gehalten am"]],
}


@pytest.mark.parametrize(
    ("table", "header"), [(table, header) for table, known in HEADERS.items() for header in known]
)
def test_a_table_is_recognised_by_its_columns(table: str, header: list[str]) -> None:
    mapping = find_mapping(header, "export.csv", TELL)
    assert mapping.table == table
    assert len(mapping.columns) == len(header)


@pytest.mark.parametrize("table", TABLES)
def test_the_canonical_columns_are_recognised_as_themselves(table: str) -> None:
    header = [field.name for field in contract(table).fields if field.stored]
    mapping = find_mapping(header, "export.csv", TELL)
    assert mapping.table == table
    assert mapping.columns == {name: name for name in header}


@pytest.mark.parametrize("table", TABLES)
def test_every_synonym_means_its_column_unless_an_earlier_one_has_it(table: str) -> None:
    for canonical, words in synonyms()["tables"][table].items():
        assert contract(table).has(canonical), (table, canonical)
        first = matches(table, words[0])
        assert first is not None
        assert first.canonical == canonical, (table, canonical, words[0])


def test_names_are_compared_without_case_accents_and_punctuation() -> None:
    assert normalise(" Störgrund_Nr. ") == normalise("STOERGRUND NR")
    assert normalise("ID línea") == "idlinea"
    assert split_unit("Zykluszeit [min]") == ("Zykluszeit", "min")
    assert split_unit("cycle_time_ms") == ("cycle_time", "ms")
    assert split_unit("station_id") == ("station_id", None)


@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("Cycle time", None),
        ("Cycle time (min)", 60.0),
        ("cycle_time_ms", 0.001),
        ("Zykluszeit in Minuten", 60.0),
        ("Tiempo de ciclo [h]", 3600.0),
        ("cycle_s", None),
        ("Cycle Time (s)", None),
    ],
)
def test_units_in_names_become_factors(name: str, scale: float | None) -> None:
    mapping = find_mapping(["Station", "Timestamp", name], "export.csv", IngestOptions(table="cycles"))
    assert mapping.columns["cycle_s"] == name
    assert mapping.scale.get("cycle_s") == scale


@pytest.mark.parametrize(
    "name", ["Operator", "Bediener", "Werker-Nr", "operator_name", "Nombre operario", "Employee"]
)
def test_columns_that_name_persons_are_known(name: str) -> None:
    assert is_personal(name)


@pytest.mark.parametrize("name", ["Acknowledged by", "closed_by", "Quittiert von", "Gemeldet von", "Vorname"])
def test_columns_that_say_who_did_it_name_persons(name: str) -> None:
    assert is_personal(name)


@pytest.mark.parametrize("name", ["Zeit von", "Schicht von", "team_leaders", "owner_role", "Standby"])
def test_columns_that_only_sound_alike_do_not(name: str) -> None:
    assert not is_personal(name)


def test_of_two_columns_for_one_the_better_name_wins() -> None:
    mapping = find_mapping(["Equipment", "station_id", "ended_at", "serial"], "export.csv", TELL)
    assert mapping.columns["station_id"] == "station_id"


def test_the_files_name_decides_between_equals() -> None:
    header = ["station", "start", "end"]
    with pytest.raises(MappingError, match="could be"):
        find_mapping(header, "export.csv", TELL)
    assert find_mapping(header, "andon_2025.csv", TELL).table == "andon_calls"


def test_the_shipped_preset_is_found_by_its_header() -> None:
    header = ["_id", "TimeStamp", "PART_FACT_SERIAL", "PART_NAME", "EQUIP_CD", "EQUIP_NAME", "Cycle_Time"]
    mapping = find_mapping(header, "shots.csv", TELL)
    assert mapping.profile == "injection-moulding-shots"
    assert mapping.columns["station_id"] == "EQUIP_CD"
    assert "serial" not in mapping.columns
    assert (
        find_mapping(header, "x.csv", IngestOptions(mapping="injection-moulding-shots")).columns
        == mapping.columns
    )


def test_a_mapping_file_goes_before_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps(
            {
                "table": "cycles",
                "columns": {"A": "station_id", "B": "ended_at", "C": "cycle_s"},
                "units": {"cycle_s": "min"},
                "constants": {"line_id": "L1"},
            }
        )
    )
    mapping = find_mapping(["A", "B", "C", "station"], "x.csv", IngestOptions(mapping=path))
    assert mapping.columns == {"station_id": "A", "ended_at": "B", "cycle_s": "C"}
    assert mapping.scale == {"cycle_s": 60.0}
    assert mapping.constants == {"line_id": "L1"}


def test_a_mapping_without_its_table_is_told_from_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"columns": {"A": "station_id", "B": "raised_at"}}))
    assert find_mapping(["A", "B"], "x.csv", IngestOptions(mapping=path)).table == "andon_calls"


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"columns": {"A": "colour"}, "table": "cycles"}',
        '{"columns": {"A": "station_id"}, "table": "weather"}',
        (
            '{"columns": {"A": "station_id", "B": "ended_at", "C": "cycle_s"}, "table": "cycles",'
            ' "units": {"cycle_s": "weeks"}}'
        ),
    ],
)
def test_a_wrong_mapping_file_is_wrong_usage(content: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(UsageError):
        find_mapping(["A", "B", "C"], "x.csv", IngestOptions(mapping=path))


def test_a_saved_mapping_is_found_by_its_header() -> None:
    saved = {"ours": {"name": "ours", "table": "cycles", "columns": {"M": "station_id", "T": "completed_at"}}}
    assert find_mapping(["M", "T", "X"], "x.csv", TELL, saved).profile == "ours"


def test_presets_name_only_columns_that_exist() -> None:
    for preset in presets().values():
        assert preset["table"] in TABLES
        assert all(contract(preset["table"]).has(name) for name in preset.get("columns", {}).values())


def test_scores_name_only_complete_tables() -> None:
    assert next(iter(scores(["station", "timestamp", "serial"], "x.csv"))) == "cycles"
    assert scores(["colour", "weight"], "x.csv") == {}


def test_a_source_of_detections_is_told_by_the_files_name() -> None:
    header = ["station", "detected at", "reason"]
    assert find_mapping(header, "quality_rejects.csv", TELL).constants["source"] == "quality reject"
    assert find_mapping(header, "x.csv", TELL).constants["source"] == "downtime log"


def test_between_equals_the_table_whose_own_names_stand_there_wins() -> None:
    assert find_mapping(["station_id", "started_at", "ended_at"], "export.csv", TELL).table == "cycles"


def test_a_day_and_a_place_are_no_countermeasure() -> None:
    with pytest.raises(MappingError, match="closest to cycles"):
        find_mapping(["Datum", "Uhrzeit", "Station", "Seriennummer"], "export.csv", TELL)


def test_a_preset_for_logs_is_refused_for_a_table() -> None:
    with pytest.raises(MappingError, match="is for mtconnect logs"):
        find_mapping(["station", "ended_at"], "x.csv", IngestOptions(mapping="mtconnect"))


def test_a_zone_that_the_mapping_states_becomes_the_workspaces(workspace: Workspace, tmp_path: Path) -> None:
    export, told = tmp_path / "mes.csv", tmp_path / "mes.json"
    export.write_text("Platz;Fertig\nST10;2025-03-31 06:00:50\nST10;2025-03-31 06:01:50\n", encoding="utf-8")
    columns = {"Platz": "station_id", "Fertig": "ended_at"}
    mapping = {"table": "cycles", "columns": columns, "timezone": "Europe/Berlin"}
    told.write_text(json.dumps(mapping), encoding="utf-8")
    (outcome,) = ingest_files(workspace, [export], IngestOptions(mapping=str(told)))
    assert outcome.loaded == 2
    with Journal(workspace) as journal:
        assert journal.get("timezone") == "Europe/Berlin"


@pytest.mark.parametrize(
    ("columns", "meant"),
    [
        ({"Platz": "station_id", "Fertigmeldng": "ended_at"}, "'Fertigmeldung' for 'Fertigmeldng'"),
        ({"Platz": "station_idd", "Fertigmeldung": "ended_at"}, "'station_id' for 'station_idd'"),
    ],
)
def test_a_slip_of_the_pen_in_a_mapping_is_answered_with_what_it_may_mean(
    columns: dict[str, str], meant: str, tmp_path: Path
) -> None:
    told = tmp_path / "mes.json"
    told.write_text(json.dumps({"table": "cycles", "columns": columns}), encoding="utf-8")
    with pytest.raises((MappingError, UsageError)) as refused:
        find_mapping(["Linie", "Platz", "Fertigmeldung"], "mes.csv", IngestOptions(mapping=told))
    assert f"Did you mean {meant}?" in str(refused.value.hint)
