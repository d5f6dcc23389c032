/* Operators of the networks that proxies train: a batch at a time, forward and backward.
 *
 * A tensor is (C, N, H, H): channels first, then the images of the batch. So a convolution of a whole batch is one matrix
 * product, the batch normalisation of a channel walks one piece of memory, and a 1x1 convolution copies nothing. Shapes
 * are those of the layer (core/space/space.h) and n, the images.
 *
 * ReLU is done where a tensor is read, so that what is in front of it needs no copy: numbers pass where those of `gate`, of
 * x's shape, are positive, and are 0 elsewhere, the gradient alike. The gate of a ReLU is x itself; that of a network whose
 * ReLUs are held as they are is what x was; NULL: everything passes. Backward functions ADD to parameter gradients, and to the gradient of what
 * was read: a tensor may have several readers. Nothing fails. */
#ifndef LL_PROXIES_OPS_H
#define LL_PROXIES_OPS_H

#include <stdbool.h>

#include "core/nn/real.h"
#include "core/space/space.h"

/* Numbers that a convolution needs to work in, forward and backward. */
size_t ll_conv_room(const ll_layer *l, int n);
/* y (c_out, n, h_out, h_out) = w * x; w (c_out, c_in / groups, kernel, kernel); no bias. */
void ll_conv(const ll_layer *l, int n, const real *gate, const real *x, const real *w, real *room, real *y);
/* dw += ..., dx += ...; dx NULL: not wanted. */
void ll_conv_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w, const real *dy,
                  real *room, real *dw, real *dx);

/* Batch normalisation in training, weight 1 and bias 0, in place: each of c rows (p) becomes (x - mean) / std, std =
 * sqrt(variance + 1e-5), the variance divided by p. mean, std (c). */
void ll_batch_norm(int c, size_t p, real *x, real *mean, real *std);
/* dy becomes dx in place; y is what came out. */
void ll_batch_norm_back(int c, size_t p, const real *y, const real *std, real *dy);

/* The mean of what lies inside the image. */
void ll_pool_avg(const ll_layer *l, int n, const real *gate, const real *x, real *y);
void ll_pool_avg_back(const ll_layer *l, int n, const real *gate, const real *dy, real *dx);
/* Channel g * (C / groups) + j goes to channel j * groups + g. */
void ll_shuffle(const ll_layer *l, int n, const real *gate, const real *x, real *y);
void ll_shuffle_back(const ll_layer *l, int n, const real *gate, const real *dy, real *dx);
/* y (c, n) = mean over the image of x (c, n, h, h). */
void ll_global_pool(const ll_layer *l, int n, const real *gate, const real *x, real *y);
void ll_global_pool_back(const ll_layer *l, int n, const real *gate, const real *dy, real *dx);
/* y (c_out, n) = w (c_out, c_in) x (c_in, n) + b. */
void ll_classify(const ll_layer *l, int n, const real *gate, const real *x, const real *w, const real *b,
                 real *y);
void ll_classify_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w,
                      const real *dy, real *room, real *dw, real *dx);

/* y (c, n, h, h) = x times a number for each channel of each image, by (c, n); either may be behind a ReLU. */
void ll_scale(const ll_layer *l, int n, const real *gate, const real *x, const real *gate_by, const real *by,
              real *y);
/* dx += dy by, dby += the sum of dy x over the image; NULL: not wanted. */
void ll_scale_back(const ll_layer *l, int n, const real *gate, const real *x, const real *gate_by,
                   const real *by, const real *dy, real *dx, real *dby);

/* Activations that bend twice, hswish and hsigmoid (core/space/space.h): between their bends they are polynomials, and which
 * of them holds is decided by `at`: x itself, or what x was where they are held as they were. y may be x. */
bool ll_bends_twice(ll_activation a);
void ll_bend(ll_activation a, size_t n, const real *at, const real *x, real *y);
void ll_bend_back(ll_activation a, size_t n, const real *at, const real *x, real *dy); /* dy becomes dx */

/* y = what passes of x; y may be x. dx += what passes of dy. */
void ll_read(size_t n, const real *gate, const real *x, real *y);
void ll_read_add(size_t n, const real *gate, const real *x, real *y); /* y += */
void ll_read_back(size_t n, const real *gate, const real *dy, real *dx);

/* Mean cross-entropy of y (classes, n) with the labels, and its gradient (may be NULL). */
double ll_cross_entropy(int classes, int n, const real *y, const int *label, real *dy);

#endif
