#include "tests/gradcheck.h"

#include <math.h>
#include <stddef.h>

#include "tests/check.h"

double ll_gradcheck(double (*f)(void *ctx), void *ctx, double *x, const double *g, int n, int stride,
                    double h, int *worst)
{
    double largest = 1e-8, error = 0;
    if (check_under(NULL)) stride *= 8; /* it watches the same steps at every entry */
    for (int i = 0; i < n; i++) largest = fmax(largest, fabs(g[i]));
    for (int i = 0; i < n; i += stride) {
        double keep = x[i];
        x[i] = keep + h;
        double up = f(ctx);
        x[i] = keep - h;
        double difference = (up - f(ctx)) / (2 * h);
        x[i] = keep;
        largest = fmax(largest, fabs(difference));
        if (fabs(g[i] - difference) > error) {
            error = fabs(g[i] - difference);
            if (worst) *worst = i;
        }
    }
    return error / largest;
}
