#include "tests/gradcheck.h"

#include <math.h>
#include <stddef.h>

double ll_gradcheck(double (*f)(void *ctx), void *ctx, double *x, const double *g, int n, int stride,
                    double h, int *worst)
{
    double largest = 1e-8, error = 0;
    for (int i = 0; i < n; i += stride) {
        double keep = x[i];
        x[i] = keep + h;
        double up = f(ctx);
        x[i] = keep - h;
        double difference = (up - f(ctx)) / (2 * h);
        x[i] = keep;
        largest = fmax(largest, fmax(fabs(g[i]), fabs(difference)));
        if (fabs(g[i] - difference) > error) {
            error = fabs(g[i] - difference);
            if (worst) *worst = i;
        }
    }
    return error / largest;
}
