"""The model behind the profiles of Chrome's developer tools, on our .cpuprofile."""

import conftest


def test_devtools(node, exports):
    seen = node.json("devtools.mjs", exports["cpuprofile"])
    found = {name: [sums["self"], sums["total"]] for name, sums in seen["times"].items()
             if name != "(idle)" and not name.startswith("process ")}
    conftest.assert_times(found)
    assert seen["lines"]["spin:5"] == 3 and seen["lines"]["spin:6"] == 1
    assert seen["lines"]["Worker.run:14"] == 9
    assert "process 100, thread 101: wörker \"1\" <b> 💩" in seen["times"]
    # 290 ms, a gap of 10, and what the model lets the last moment last.
    assert 300 <= seen["milliseconds"] < 320
