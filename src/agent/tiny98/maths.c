/* maths.c - the few functions that a transformer needs. */
#include "maths.h"
#include "fpu.h"

/* Constants in two or three parts: the first has so few bits that its product with a whole number is exact. */
#define HALF_PI_1 1.5707963267341256
#define HALF_PI_2 6.077100506303966e-11
#define HALF_PI_3 2.0222662487959506e-21
#define TWO_OVER_PI 0.6366197723675814
#define LN2_1 0.6931471803691238
#define LN2_2 1.9082149292705877e-10
#define ONE_OVER_LN2 1.4426950408889634
#define LN_10000_1 9.210340350866318
#define LN_10000_2 2.1109864987048527e-08

/* Beyond these a float is 0 or infinite. */
#define EXP_LOWEST (-104.0)
#define EXP_HIGHEST 89.0
#define BEYOND_FLOAT 1e39

/* The series of e to the x from its last term on: 1 over 13! ... 1 over 0!. Old processors divide slowly, and there
   are thousands of these for each token. Of at most 0.35 the 14th power over 14! is below the last bit. */
#define TERMS 14
static const double terms[TERMS] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                    1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                    1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5,
                                    1.0,                1.0};

/* The argument, read only now: the compiler must not compute with it before the precision is set. */
static double enter(volatile float *x)
{
    fpu_double();
    return *x;
}

/* Rounded to a float in memory before the precision changes back. */
static float leave(double result)
{
    volatile float rounded = (float)result;

    fpu_single();
    return rounded;
}

static long nearest(double x)
{
    return (long)(x < 0 ? x - 0.5 : x + 0.5);
}

static double power_of_2(long exponent)
{
    double base = exponent < 0 ? 0.5 : 2;
    double power = 1;
    long left = exponent < 0 ? -exponent : exponent;

    for (; left > 0; left /= 2) {
        if (left % 2 != 0)
            power *= base;
        base *= base;
    }
    return power;
}

/* e to the x + rest, where rest is what a double has no room for behind x. */
static double exponential(double x, double rest)
{
    long twos = nearest(x * ONE_OVER_LN2);
    double left = x - (double)twos * LN2_1 - ((double)twos * LN2_2 - rest);
    double sum = 0;
    int i;

    for (i = 0; i < TERMS; i++)
        sum = terms[i] + sum * left;
    return sum * power_of_2(twos);
}

float maths_exp(float x)
{
    volatile float held = x;
    double number = enter(&held);

    if (number > EXP_HIGHEST)
        return leave(BEYOND_FLOAT);
    if (number < EXP_LOWEST)
        return leave(0);
    /* What is not a number stays so. */
    return leave(number == number ? exponential(number, 0) : number);
}

float maths_power_of_10000(float x)
{
    volatile float held = x;
    double number = enter(&held);

    return leave(exponential(number * LN_10000_1, number * LN_10000_2));
}

float maths_sqrt(float x)
{
    volatile float held = x;
    double number = enter(&held);
    double scale = 1;
    double root;
    int i;

    if (!(number > 0) || number > 3.5e38)
        return leave(number);
    for (; number < 0.5; number *= 4)
        scale /= 2;
    for (; number >= 2; number /= 4)
        scale *= 2;
    /* Newton's way; each step doubles the right bits. */
    root = 0.5 + number / 2;
    for (i = 0; i < 5; i++)
        root = (root + number / root) / 2;
    return leave(root * scale);
}

/* Sine of an eighth of a turn at most; the terms of its series from the smallest. */
static double sine_of(double x)
{
    double square = x * x;
    double sum = 1;
    int i;

    for (i = 18; i > 0; i -= 2)
        sum = 1 - sum * square / (i * (i + 1));
    return sum * x;
}

static double cosine_of(double x)
{
    double square = x * x;
    double sum = 1;
    int i;

    for (i = 18; i > 0; i -= 2)
        sum = 1 - sum * square / (i * (i - 1));
    return sum;
}

/* Sine of x and so many quarter turns. */
static float turned_sine(float x, long quarters)
{
    volatile float held = x;
    double number = enter(&held);
    long count = nearest(number * TWO_OVER_PI);
    double left = number - (double)count * HALF_PI_1 - (double)count * HALF_PI_2 - (double)count * HALF_PI_3;
    long quarter = (count + quarters) % 4;
    double result = quarter % 2 != 0 ? cosine_of(left) : sine_of(left);

    return leave(quarter >= 2 ? -result : result);
}

float maths_sin(float x)
{
    return turned_sine(x, 0);
}

float maths_cos(float x)
{
    return turned_sine(x, 1);
}
