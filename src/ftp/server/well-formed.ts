/** Whether a text has no half of a pair: such a half has no bytes in any encoding. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);
