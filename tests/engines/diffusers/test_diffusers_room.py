from __future__ import annotations

from imgen.engines.diffusers.memory.room import Room

AREA = 1024 * 1024


def _well(room: Room, times: int) -> list[bool]:
    return [room.went_well(limited=True) for _ in range(times)]


def test_a_full_device_halves_what_is_painted_at_once() -> None:
    room = Room()
    assert room.most(AREA, 0) is None
    assert room.was_full(AREA, 8) == 4
    assert room.most(AREA, 0) == 4
    assert room.was_full(AREA, 3) == 1
    assert room.most(AREA, 0) == 1


def test_a_limit_is_one_of_pixels() -> None:
    room = Room()
    room.was_full(AREA, 4)
    assert room.most(AREA // 4, 0) == 8
    assert room.most(AREA * 4, 0) == 1


def test_after_a_while_more_is_tried_and_a_failure_makes_it_wait_longer() -> None:
    room = Room()
    room.was_full(AREA, 4)
    assert _well(room, 16) == [False] * 15 + [True]
    assert room.most(AREA, 0) == 4
    room.was_full(AREA, 4)
    assert room.most(AREA, 0) == 2
    assert _well(room, 32) == [False] * 31 + [True]


def test_a_smaller_picture_in_between_does_not_hide_that_a_limit_still_holds() -> None:
    room = Room()
    room.was_offloaded()
    assert _well(room, 16)[-1]
    room.went_well(limited=False)
    room.was_offloaded()
    assert _well(room, 32) == [False] * 31 + [True]


def test_what_worked_is_kept_and_more_than_that_is_tried() -> None:
    room = Room()
    room.was_full(AREA, 4)
    _well(room, 16)
    assert _well(room, 16)[-1]
    assert room.most(AREA, 0) == 8


def test_batches_that_no_limit_touched_count_for_nothing() -> None:
    room = Room()
    room.was_full(AREA, 4)
    assert not any(room.went_well(limited=False) for _ in range(50))
    assert room.most(AREA, 0) == 2


def test_a_model_that_left_takes_the_limits_of_the_others_with_it() -> None:
    room = Room()
    room.was_full(AREA, 4)
    assert room.most(AREA, 1) is None
    room.was_full(AREA, 4)
    assert room.most(AREA, 1) == 2


def test_weights_that_left_leave_their_room_to_larger_batches() -> None:
    room = Room()
    room.was_full(AREA, 4)
    room.was_offloaded()
    assert room.most(AREA, 0) is None


def test_idle_models_leave_for_a_larger_batch_ever_more_seldom() -> None:
    room = Room()
    left = []
    for batch in range(120):
        if room.others_may_leave:
            room.others_left()
            left.append(batch)
        room.went_well(limited=False)
    assert left == [0, 17, 50, 115]


def test_several_idle_models_may_leave_for_one_batch() -> None:
    room = Room()
    room.others_left()
    assert room.others_may_leave
    room.went_well(limited=False)
    assert not room.others_may_leave


def test_where_no_other_model_was_nobody_is_spared_later() -> None:
    room = Room()
    assert room.others_may_leave
    room.was_full(AREA, 4)
    room.went_well(limited=True)
    assert room.others_may_leave
