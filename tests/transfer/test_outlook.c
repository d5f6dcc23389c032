/* What `diagnose` says any prediction could reach, of published devices that are taken for ones with no latencies but the
 * samples, against what is reached. */
#include "core/device/task.h"
#include "data/importers/import.h"
#include "tests/transfer/made_devices.h"

enum { DRAWS = 6 };

static ll_ints devices_of(const ll_dataset *d, const char *names)
{
    ll_strs words = {0};
    ll_ints devices = {0};
    ll_strs_split(&words, names, ' ');
    for (int i = 0; i < words.n; i++) ll_ints_add(&devices, ll_dataset_device(d, words.v[i]));
    ll_strs_free(&words);
    return devices;
}

/* Over the devices and draws of k samples: by how much the ceiling is below the Spearman reached, where it is (missed), and
 * above what a thousand latencies teach (over). */
typedef struct told {
    double missed, over;
    int n;
} told;

static void tell_of(subject *s, int k, told *sum)
{
    ll_noise_report noise;
    CHECK_INT(ll_diagnose_noise(&s->q, &noise, NULL), LL_OK);
    for (int draw = 0; draw < DRAWS; draw++) {
        ll_outlook o;
        ll_diagnosis q = s->q;
        ll_transfer *t;
        ll_ints rows = ll_ints_range(q.data->n_archs);
        ll_rng rng = ll_rng_new((uint64_t)draw, LL_STREAM_SAMPLES);
        ll_rng_shuffle(&rng, rows.v, rows.n);
        rows.n = k;
        CHECK_INT(ll_diagnose_transfer(&q, q.gp, &rows, &t, NULL), LL_OK);
        q.transfer = t;
        q.next = 0;
        CHECK_INT(ll_diagnose_outlook(&q, &o, NULL), LL_OK);
        sum->missed += fmax(0, ll_diagnose_score(&q, t) - o.ceiling);
        sum->over += o.ceiling - noise.ceiling;
        sum->n++;
        ll_outlook_free(&o);
        ll_transfer_unref(t);
        ll_ints_free(&rows);
    }
}

static told tell(const char *sources, const char *targets, int k)
{
    told sum = {0};
    const char *path = check_shared("upstream/HELP/fbnet");
    ll_import job = {.path = path, .name = "fbnet"};
    ll_dataset *d;
    if (!path) return sum;
    CHECK_INT(ll_import_help(&job, &d, NULL), LL_OK);
    ll_ints from = devices_of(d, sources), to = devices_of(d, targets);
    subject s = ask(d, from.v, from.n, to.v[0], k);
    for (int i = 0; i < to.n; i++) {
        s.q.device = to.v[i];
        tell_of(&s, k, &sum);
    }
    sum.missed /= sum.n;
    sum.over /= sum.n;
    done(&s);
    ll_ints_free(&from);
    ll_ints_free(&to);
    ll_strs_free(&job.notes);
    return sum;
}

/* A phone's processor is shared: a delayed sample says nothing of what the others are. */
static void delays_do_not_lower_the_ceiling(void)
{
    for (int k = 5; k <= 20; k *= 2) {
        told t = tell(ll_published_task_find("FA")->source, "pixel2 essential_ph_1 samsung_s7", k);
        CHECK(t.missed < .04);
        CHECK(fabs(t.over) < .1);
    }
}

/* What three samples leave open makes the latencies held likeliest alike, not those of the device. */
static void few_samples_do_not_lower_the_ceiling(void)
{
    told t = tell(ll_published_task_find("F2")->source, "titan_rtx_1 titan_rtx_32 1080ti_1", 3);
    CHECK(t.missed < .02);
    CHECK(fabs(t.over) < .1);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"delays do not lower the ceiling", delays_do_not_lower_the_ceiling},
        {"few samples do not lower the ceiling", few_samples_do_not_lower_the_ceiling},
        {0},
    };
    return check_main("test_outlook", cases, argc, argv);
}
