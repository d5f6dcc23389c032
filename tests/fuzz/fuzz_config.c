/* The file of settings: a complaint for a bad line, and a binding for a good one. */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tui/faces/config.h"

static void run(const uint8_t *bytes, size_t n)
{
    char *text = ll_fuzz_text(bytes, n);
    ll_config c;
    ll_strs complaints = {0};
    ll_config_init(&c);
    ll_config_text(&c, text, "fuzz", &complaints);
    LAW(c.theme && c.ramp && c.log_lines >= 0, "a setting was lost");
    for (int i = 0; i < c.n_bindings; i++) {
        const ll_binding *b = &c.bindings[i];
        LAW(ll_config_binding(&c, b->view, b->key), "the binding of %s in %s is not found", b->key, b->view);
    }
    for (int i = 0; i < complaints.n; i++) LAW(*complaints.v[i], "an empty complaint");
    ll_config_free(&c);
    ll_strs_free(&complaints);
    free(text);
}

const ll_fuzz_target ll_fuzz_config = {"config", run};
