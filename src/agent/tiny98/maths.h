/* maths.h - the few functions that a transformer needs, without a C library, the same on every machine. Computed in
   doubles to about their last bit, then rounded to a float. */
#ifndef MATHS_H
#define MATHS_H

float maths_sqrt(float x);           /* of 0 and more */
float maths_exp(float x);
float maths_power_of_10000(float x); /* of 0 to 1 */
float maths_sin(float x);            /* of angles as they come here: 0 to some millions */
float maths_cos(float x);

#endif
