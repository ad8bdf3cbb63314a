/**
 * Threads of a workgroup in kernels that give each element a thread of its own and share nothing: two subgroups of 32.
 */
export const WORKGROUP = 64;
