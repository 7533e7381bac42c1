/* fpu.h - how exactly the processor computes. The text must not depend on it: all floats are rounded to 24 bits after
   each operation. An x87 keeps more unless it is told not to (x87.c); others do it by themselves, or by -ffloat-store
   (nofpu.c). */
#ifndef FPU_H
#define FPU_H

void fpu_single(void); /* from here on results have the 24 bits of a float: the state of the whole program */
void fpu_double(void); /* from here on the 53 bits of a double */

#endif
