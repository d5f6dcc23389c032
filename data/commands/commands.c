#include "data/commands/commands.h"
#include "core/commands/score/experiment_plan.h"

const ll_command ll_data_commands[] = {
    {.name = "import",
     .group = "data",
     .summary = "Make a dataset of published or own latency files, or add them to one",
     .options = ll_import_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = ll_run_import,
     .help =
         "`as NAME` makes a new dataset, `into NAME` adds devices (and architectures) to one. Latencies are "
         "kept in\n"
         "milliseconds, energy, power and memory in mJ, W and KB; the unit that was read is kept with the "
         "device. When\n"
         "the dataset is loaded, the session goes on with the new one. A device that is there already is "
         "completed when\n"
         "all common latencies agree within 0.1 percent, otherwise nothing is changed.\n"
         "csv: a number in the column of architectures is an index of the search space, in a column `row` a "
         "row of the\n"
         "dataset that is joined; columns that name two architectures in one line are refused.\n"
         "Nothing in these files is executed: pickles are read by a parser of the few operations they need. "
         "A "
         "pickled\n"
         "dict of one's own, {architecture: seconds}, is read by `import brpnas FILE into NAME "
         "device=DEVICE`; "
         "any\n"
         "other becomes a table by two lines of Python:\n"
         "  import csv, pickle\n"
         "  csv.writer(open('mine.csv', 'w')).writerows([('arch', 'latency'), *pickle.load(open('mine.pkl', "
         "'rb')).items()])\n",
     .examples = "import help HELP/data/nasbench201 as nb201\n"
                 "import oneproxy OneProxy into nb201\n"
                 "import brpnas latency.pkl into nb201 device=desktop_cpu_core_i7_7820x_fp32\n"
                 "import csv mine.csv into nb201 unit=us\n"
                 "import csv mine.csv as mine space=nasbench201 unit=s arch=cell\n"
                 "import csv mine.csv as mine space=chain positions=3 ops=conv3,conv5,pool unit=ms\n"
                 "import csv hw_cifar10.csv as hw space=nasbench201 unit=ms,mJ order=naslib\n"
                 "import csv runs.csv into nb201 unit=us repeats=median key=device,batch_size\n"
                 "import csv log.csv into nb201 device=pi latency=p50_ms missing=timeout ignore=notes\n"
                 "import csv wmt14ende_cpu_xeon_all.csv as hat features=auto unit=ms device=xeon\n"
                 "import eagle EAGLE into nb201\n"
                 "import lut note10 as note10 space=ofa_w12 n=3000\n"
                 "import hwnasbench HW-NAS-Bench-v1_0.pickle as fb space=fbnet n=2000"},
    {.name = "load",
     .group = "data",
     .summary = "Load a dataset by name or path",
     .options = ll_load_options,
     .flags = LL_CMD_CHANGES,
     .run = ll_run_load,
     .help = "Names are looked for in --data, $LATLAB_DATA, the XDG data folder and the bundled data, in "
             "this order.",
     .examples = "load nb201\nload ./mine\nload nb201_host join=nb201_sim"},
    {.name = "datasets",
     .group = "data",
     .summary = "List the datasets that can be loaded",
     .flags = LL_CMD_LOOK,
     .run = ll_run_datasets},
    {.name = "device",
     .group = "data",
     .summary = "Show, rename or take out one device of the loaded dataset",
     .options = ll_device_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = ll_run_device,
     .help =
         "The dataset's folder is changed; what it was is kept, `dataset restore NAME` brings it back. "
         "A name is UTF-8\n"
         "without control characters, at most 100 bytes; one with blanks, commas or '*' is put in quotes.",
     .examples = "device info pixel3\ndevice rename phone \"my phone, 2\"\ndevice remove board_b1"},
    {.name = "dataset",
     .group = "data",
     .summary = "Copy, rename, take away or bring back a dataset",
     .options = ll_dataset_options,
     .flags = LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = ll_run_dataset,
     .help =
         "What is taken away or replaced (also by `import`) is kept in .former of the data folder until "
         "the next\n"
         "change of that dataset, and `dataset restore NAME` puts it back; what was there is kept in turn. "
         "`undo` takes\n"
         "back steps of a session, not changes of folders. Datasets that come with latlab stay.",
     .examples = "dataset copy nb201_host mine\ndataset rename mine phones\ndataset remove phones\n"
                 "dataset restore phones"},
    {.name = "export",
     .group = "data",
     .summary = "Write latencies or predictions to a file, or networks as ONNX models",
     .options = ll_export_options,
     .flags = LL_CMD_NO_UNDO | LL_CMD_LONG,
     .run = ll_run_export,
     .more_options = ll_export_more,
     .help =
         "csv: a row per architecture, a column per device, milliseconds; `import csv` reads it back.\n"
         "npy: float64 (architectures, devices), NaN where missing.\n"
         "predictions: a row per architecture and transfer with measured and predicted milliseconds.\n"
         "All tables begin with arch, its string; where a row of the table, multiply-adds (mmacs, millions) "
         "and accuracies\n"
         "are told of it, they stand behind under these names, as in what `predict out=`, `suggest out=` and "
         "`write` make.\n"
         "lut: a table of layer costs; FILE.yaml as Once-for-All reads it (layers become the blocks they "
         "make), "
         "else CSV.\n"
         "onnx: a folder for a device that runs no latlab: a model per architecture, INDEX.onnx (opset 13, "
         "float32,\n"
         "random weights from a seed), and measure.csv, a table to fill in that `import csv` reads. "
         "`suggest` "
         "takes the\n"
         "architectures suggested and not measured yet, `samples` all of them; `help export onnx` lists its "
         "options.",
     .examples =
         "export csv all.csv\nexport npy phones.npy devices=pixel*,samsung_*\nexport predictions p.csv\n"
         "export onnx suggest out=phone\nexport onnx 1462,12 out=two batch=8"},
    {.name = "write",
     .group = "data",
     .summary = "Write what a command answers to a file",
     .options = ll_write_options,
     .flags = LL_CMD_NO_UNDO | LL_CMD_LONG,
     .run = ll_run_write,
     .help = "A table becomes a row per line, a correlation matrix a square, a map its coordinates. The "
             "names of the\n"
             "columns are those of --json.",
     .examples = "write corr.csv 'corr metric=kendall'\nwrite scores.csv eval\nwrite cell.json 'arch 672'"},
    {.name = "model",
     .group = "predict",
     .summary = "Save or load a pretrained predictor (safetensors)",
     .options = ll_model_options,
     .flags = LL_CMD_CHANGES,
     .run = ll_run_model,
     .help = "The file's metadata hold the predictor, the search space, the unit, the source devices, the "
             "options,\n"
             "the seed and a hash of the data. Loading refuses another search space and warns of other data.",
     .examples = "model save nasflat.safetensors\nmodel load nasflat.safetensors\nmodel load w.safetensors "
                 "as nasflat"},
    {.name = "compare",
     .group = "compare",
     .summary = "Compare predictors on the same tasks, samples and budget; results are kept",
     .options = ll_plan_options,
     .flags = LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = ll_run_compare,
     .more_options = ll_compare_more,
     .help = "Like score, and every trial lands in a database keyed by all that determines it: after Ctrl-C "
             "or a crash the\n"
             "same command computes only what is missing. The best of a cell is marked when it beats every "
             "other one at\n"
             "p < .05 (Wilcoxon signed-rank over device x trial).\n"
             "\n"
             "search=on also searches with what each trial adapted: for every limit the row with the highest "
             "score= that is\n"
             "within it with probability p, then with up to verify= measurements where the choice is open. "
             "Violations, regret,\n"
             "hypervolume, IGD+ and measurements are kept like the trials; --json has them by limit, with "
             "devices=on each.",
     .examples =
         "compare tasks=ND predictors=gp,nasflat,help k=20 trials=5 budget=on\n"
         "compare tasks=ND,FD data=nb201,fbnet predictors=all k=10,20 trials=5 pretrain_seeds=1 out=all.md\n"
         "compare tasks=ND predictors=gp,lut k=10 search=on score=cifar100 limits=20,50,80 p=.5,.9 "
         "verify=0,10"},
    {.name = "results",
     .group = "compare",
     .summary = "List or export the results kept by compare",
     .options = ll_results_options,
     .flags = LL_CMD_LOOK,
     .run = ll_run_results,
     .help =
         "`results export leaderboard` sets all methods that were tried on the twelve published tasks beside "
         "each other, by\n"
         "rank (Spearman, Kendall), by absolute error (MAPE, within 10 %) and by their intervals, with "
         "standard "
         "errors, wins\n"
         "by Wilcoxon's signed-rank test and the published means of NASFLAT, HELP and MultiPredict. What was "
         "not "
         "run is\n"
         "missing there; the checksum is that of the whole database, so that others can run the same and "
         "compare.",
     .examples = "results task=ND predictor=gp\nresults out=all.csv\nresults out=table.md\nresults k=20 "
                 "out=table.tex\nresults export leaderboard\nresults export leaderboard out=board.md\n"
                 "results export leaderboard k=20 out=board.csv\nresults export latex k=20 out=table.tex"},
    {.name = "doctor",
     .alias = "paths",
     .group = "help",
     .summary = "Show where everything lies, check every dataset, and say the limits",
     .flags = LL_CMD_NO_UNDO,
     .run = ll_run_doctor,
     .help =
         "What stands against the size of things: a latency table and its memory, a search space's "
         "positions, and the\n"
         "vectors of an encoding. Devices and architectures are limited by memory alone; `corr` shows up to "
         "some thousand\n"
         "columns (--json and `write` have all), `plot heatmap` names every few of many devices."},
    {0},
};
