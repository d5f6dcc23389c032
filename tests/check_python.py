"""data/latlab.py against the program $LATLAB: python3 tests/check_python.py; see check_python.sh."""

import os
import signal
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "data"))
import latlab  # noqa: E402

PROGRAM = os.path.realpath(os.environ.get("LATLAB", "./latlab"))
BUNDLED = os.path.join(HERE, "..", "data", "bundled")
WORK = ["load nb201_sim", "partition source=sim_v100_b1,sim_v100_b32,sim_v100_b256 target=sim_eyeriss",
        "pretrain gp", "transfer sim_eyeriss k=10"]


def session():
    return latlab.Session("--data=" + BUNDLED, program=PROGRAM)


def failed(lab, line):
    try:
        lab.run(line).results()
    except latlab.Error as e:
        return e
    raise AssertionError(line + " did not fail")


class Commands(unittest.TestCase):
    def test_events_come_in_order(self):
        with session() as lab:
            kinds = [e["event"] for e in lab.run("load nb201_sim")]
            self.assertEqual((kinds[0], kinds[-1]), ("begin", "end"))
            self.assertEqual(len(lab.run("spaces; predictors # two").results()), 2)
            self.assertEqual(lab.run("").results(), [])
            self.assertEqual(lab.run("# a remark").results(), [])
            self.assertEqual(lab.run("corr").results("corr")[0]["kind"], "corr")

    def test_a_failure_is_an_exception_and_the_session_goes_on(self):
        with session() as lab:
            e = failed(lab, "load nothing_of_this_name")
            self.assertIn("nothing_of_this_name", str(e))
            self.assertEqual(failed(lab, "bogus").code, 2)
            lab.run("bogus")  # nobody looks: the next command says it
            self.assertIn("bogus", str(failed(lab, "spaces")))
            self.assertTrue(lab.run("spaces").results())

    def test_searches(self):
        with session() as lab:
            for line in WORK:
                lab.run(line)
            found = lab.search("sim_eyeriss", max=14, score="cifar10")
            self.assertTrue(found["ms"] <= found["hi_ms"] and found["front"])
            self.assertEqual(found["devices"], ["sim_eyeriss"])
            self.assertEqual(found["max_ms"], 14)
            self.assertIsNone(lab.search("sim_eyeriss", max="1us")["arch"])
            with self.assertRaises(latlab.Error):
                lab.search("sim_eyeriss", max="soon")

    def test_any_word_arrives(self):
        with session() as lab:
            for word in ['a b', 'x"y', "it's; #1", "back\\slash", "k=v", "tab\there", "\u00e4", "*"]:
                self.assertIn("no such", str(failed(lab, "model load " + latlab.quote("/nowhere/" + word))).lower())

    def test_a_closed_session_says_so(self):
        lab = session()
        lab.close()
        lab.close()
        self.assertIn("closed", str(failed(lab, "spaces")))

    def test_a_dead_latlab_is_an_exception(self):
        lab = session()
        lab.run("spaces").results()
        os.kill(lab._process.pid, signal.SIGKILL)
        self.assertIn("status", str(failed(lab, "spaces")))
        with self.assertRaises(FileNotFoundError):
            latlab.Session(program="/nowhere/latlab")

    def test_leaving_ends_what_runs(self):
        lab = session()
        for line in WORK[:2]:
            lab.run(line).results()
        pid, start = lab._process.pid, time.time()
        events = iter(lab.run("pretrain nasflat epochs=10000"))
        next(events)
        lab.close()
        self.assertLess(time.time() - start, 20)
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)


class Predictions(unittest.TestCase):
    def test_any_architectures(self):
        with session() as lab:
            for line in WORK:
                lab.run(line).results()
            shown = lab.run("predict sim_eyeriss arch=1462").results("predict")[0]["rows"][0]
            p = lab.predict("sim_eyeriss", [str(i) for i in (1462, 0, 15624)])
            self.assertEqual(len(p.ms), 3)
            self.assertEqual(p.archs[0], shown["arch"])
            self.assertAlmostEqual(p.ms[0], shown["predicted_ms"], delta=1e-9 * p.ms[0])
            self.assertTrue(all(lo <= ms <= hi for lo, ms, hi in zip(p.lo_ms, p.ms, p.hi_ms)))
            again = lab.predict("sim_eyeriss", p.archs, predictor="gp", level=0.5)
            self.assertLess(again.hi_ms[0] - again.lo_ms[0], p.hi_ms[0] - p.lo_ms[0])
            for archs in (["bogus"], []):
                with self.assertRaises(latlab.Error):
                    lab.predict("sim_eyeriss", archs)

    def test_several_batches_keep_their_order(self):
        latlab.BATCH, before = 7, latlab.BATCH
        try:
            with session() as lab:
                for line in WORK:
                    lab.run(line).results()
                p = lab.predict("sim_eyeriss", (str(i) for i in range(20)))
                latlab.BATCH = before
                self.assertEqual(p.archs, lab.predict("sim_eyeriss", p.archs).archs)
                self.assertEqual(list(p.ms), list(lab.predict("sim_eyeriss", p.archs).ms))
        finally:
            latlab.BATCH = before


if __name__ == "__main__":
    result = unittest.main(verbosity=1, exit=False).result
    bad = len(result.failures) + len(result.errors)
    print("check_python: %d passed, %d failed, 0 skipped" % (result.testsRun - bad, bad))
    sys.exit(bool(bad))
