/* Expressions of space files. */
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"
#include "core/space/network.h"
#include "core/space/template/expr.h"
#include "tests/check.h"

static int one_name(void *ctx, const char *name)
{
    (void)ctx;
    return !strcmp(name, "seven") ? 0 : !strcmp(name, "op") ? 1 : -1;
}

static int skip_is_two(void *ctx, int variable, const char *choice, int *value)
{
    (void)ctx;
    *value = strcmp(choice, "skip") ? -1 : 2;
    return variable == 1 ? 2 : -1;
}

static long load(const void *ctx, int variable)
{
    static const long values[] = {7, 30, 2}; /* the position counts as 30, its index is 2 */
    (void)ctx;
    return values[variable];
}

static const ll_expr_scope scope = {NULL, one_name, skip_is_two};

static void expressions_have_values(void)
{
    static const struct {
        const char *text;
        long value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"7 / 2 * 2 + 7 % 2", 7},
        {"-7 / 2", -3},
        {"2 - 3 - 4", -5},
        {"--3", 3},
        {"!0 + !5", 1},
        {"1 < 2", 1},
        {"2 <= 1 || 3 >= 3", 1},
        {"5 && 0", 0},
        {"5 && 7", 1},
        {"0 || 7", 1},
        {"3 || 1 / 0", 1},
        {"0 && 1 / 0", 0},
        {"1 ? 2 : 3 / 0", 2},
        {"0 ? 1 : 0 ? 2 : 3", 3},
        {"1 + (0 ? 1 : 2) * 10", 21},
        {"min(3, seven) + max(3, seven)", 10},
        {"divisible(18, 8)", 24}, /* 16 is less than nine tenths of it */
        {"divisible(20, 8)", 24},
        {"divisible(33, 8)", 32},
        {"divisible(1, 8)", 8},
        {"op", 30},
        {"op == 'skip'", 1},
        {"op != 'skip' ? 1 : 5", 5},
        {"op == 30", 1},
        {"1073741824 - 1 + 1", 1073741824},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_expr x = {0};
        ll_error e = {0};
        long value = 0;
        const char *why = "";
        CHECK_INT(ll_expr_read(cases[i].text, &scope, &x, &e), LL_OK);
        bool good = x.n && ll_expr_value(&x, load, NULL, &value, &why);
        check_report(good && value == cases[i].value, __FILE__, __LINE__, "%s is %ld %s%s", cases[i].text,
                     value, why, e.message);
        ll_expr_free(&x);
    }
}

static void expressions_without_values_say_why(void)
{
    static const char *const cases[][2] = {
        {"1 / 0", "division by zero"},           {"5 % (2 - 2)", "division by zero"},
        {"1073741824 * 2", "beyond 1073741824"}, {"divisible(8, 0)", "less than 1"},
        {"-1073741824 - 1", "beyond"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_expr x = {0};
        long value;
        const char *why = "";
        CHECK_INT(ll_expr_read(cases[i][0], &scope, &x, NULL), LL_OK);
        CHECK(!ll_expr_value(&x, load, NULL, &value, &why));
        CHECK_HAS(why, cases[i][1]);
        ll_expr_free(&x);
    }
}

static void wrong_expressions_are_refused(void)
{
    static const char *const cases[][2] = {
        {"", "expected a number"},
        {"1 +", "expected a number"},
        {"(1", "expected ')'"},
        {"1 2", "expected its end at \"2\""},
        {"nine", "no such name at \"nine\""},
        {"min(1)", "expected ','"},
        {"max 1", "no such name"},
        {"1 == 'skip'", "only a position"},
        {"op == 'stay'", "no such choice"},
        {"op == 'skip", "closing '"},
        {"op < 'skip'", "expected a number"},
        {"1 ? 2", "expected ':'"},
        {"1 < 2 < 3", "expected its end"},
        {"99999999999", "too large"},
        {"1 = 2", "expected its end"},
        {"\xff", "expected a number"},
    };
    ll_error e;
    ll_expr x = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        e = (ll_error){0};
        CHECK_INT(ll_expr_read(cases[i][0], &scope, &x, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, cases[i][1]);
    }
    char deep[2000];
    memset(deep, '(', 300), deep[300] = 0;
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "nested too deep");
    memset(deep, '-', 300), deep[300] = 0;
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    for (int i = 0; i < 190; i++) memcpy(deep + 2 * i, "1+", 2);
    strcpy(deep + 380, "1");
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "too long");
    memset(deep, '1', 1000), deep[1000] = 0;
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "at most 400");
    CHECK_INT(ll_expr_read("nine", &scope, &x, NULL), LL_BAD_DATA);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"expressions have values", expressions_have_values},
        {"expressions without values say why", expressions_without_values_say_why},
        {"wrong expressions are refused", wrong_expressions_are_refused},
        {0},
    };
    return check_main("test_expr", cases, argc, argv);
}
