"""Recording is switched for one flow of control alone: generator, task or thread."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

import minitorch_lazy as torch


@pytest.fixture(autouse=True)
def as_found():
    yield
    assert torch.is_grad_enabled()


def enabled():
    return torch.is_grad_enabled()


def in_thread(work):
    """Run a function in a new thread, and return what it returns."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


# -- generators ----------------------------------------------------------------------------------


def test_a_decorated_generator_holds_the_mode_only_while_it_runs():
    closed = []

    @torch.no_grad()
    def steps():
        try:
            got = yield enabled()
            try:
                yield got, enabled()
            except KeyError as error:
                yield error.args, enabled()
            return "end"
        finally:
            closed.append(enabled())

    generator = steps()
    assert [next(generator), enabled()] == [False, True]
    assert [generator.send(5), enabled()] == [(5, False), True]
    assert [generator.throw(KeyError("k")), enabled()] == [(("k",), False), True]
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "end"
    unfinished = steps()
    next(unfinished)
    unfinished.close()
    assert closed == [False, False]


def test_a_block_that_is_left_in_another_context_changes_nothing_there():
    def steps():
        with torch.no_grad():
            yield enabled()

    generator = steps()
    other = contextvars.copy_context()
    assert other.run(next, generator) is False
    assert enabled()
    generator.close()
    assert enabled()


# -- tasks and threads ---------------------------------------------------------------------------


def test_a_decorated_coroutine_and_asynchronous_generator_hold_the_mode_across_awaits():
    @torch.no_grad()
    async def work():
        await asyncio.sleep(0)
        return enabled()

    @torch.no_grad()
    async def steps():
        for _ in range(2):
            await asyncio.sleep(0)
            yield enabled()

    async def main():
        return await work(), enabled(), [(inside, enabled()) async for inside in steps()]

    assert asyncio.run(main()) == (False, True, [(False, True)] * 2)


def test_a_block_in_one_task_is_not_seen_by_another():
    async def main():
        entered, looked = asyncio.Event(), asyncio.Event()

        async def inside():
            with torch.no_grad():
                entered.set()
                await looked.wait()
                return enabled()

        async def outside():
            await entered.wait()
            found = enabled()
            looked.set()
            return found

        return await asyncio.gather(inside(), outside())

    assert asyncio.run(main()) == [False, True]


def test_a_new_thread_records_whatever_its_parent_does():
    with torch.no_grad():
        assert in_thread(enabled)
    torch.set_grad_enabled(False)
    assert in_thread(enabled)
    torch.set_grad_enabled(True)


def test_a_thread_switches_for_itself_alone():
    in_thread(lambda: torch.set_grad_enabled(False))
    assert enabled()


def test_one_manager_serves_several_threads_at_once():
    manager, meet = torch.no_grad(), threading.Barrier(2, timeout=10)

    def work(before):
        torch.set_grad_enabled(before)
        with manager:
            meet.wait()
            inside = enabled()
            meet.wait()
        return inside, enabled()

    found = {}
    threads = [
        threading.Thread(target=lambda before=before: found.update({before: work(before)}))
        for before in (True, False)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {True: (False, True), False: (False, False)}
