import { backward, type GradOptions, installEngineOps } from './core/autograd.ts';
import { Tensor } from './core/tensor.ts';
import * as arithmetic from './elementwise/arithmetic.ts';
import { cast } from './elementwise/cast.ts';
import { onesLike } from './elementwise/create.ts';
import * as reduce from './elementwise/reduce.ts';
import { reshape } from './elementwise/reshape.ts';
import { addLists } from './elementwise/sumMany.ts';
import * as unary from './elementwise/unary.ts';

type Axes = number | readonly number[];

/** Ops that read better as methods. Each calls the function of the same name. */
const methods = {
  add(this: Tensor, b: arithmetic.Operand): Tensor {
    return arithmetic.add(this, b);
  },
  sub(this: Tensor, b: arithmetic.Operand): Tensor {
    return arithmetic.sub(this, b);
  },
  mul(this: Tensor, b: arithmetic.Operand): Tensor {
    return arithmetic.mul(this, b);
  },
  div(this: Tensor, b: arithmetic.Operand): Tensor {
    return arithmetic.div(this, b);
  },
  neg(this: Tensor): Tensor {
    return arithmetic.neg(this);
  },
  square(this: Tensor): Tensor {
    return unary.square(this);
  },
  sqrt(this: Tensor): Tensor {
    return unary.sqrt(this);
  },
  abs(this: Tensor): Tensor {
    return unary.abs(this);
  },
  sum(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.sum(this, axes, keepDims);
  },
  mean(this: Tensor, axes?: Axes, keepDims?: boolean): Tensor {
    return reduce.mean(this, axes, keepDims);
  },
  reshape(this: Tensor, to: readonly number[]): Tensor {
    return reshape(this, to);
  },
  backward(this: Tensor, options?: GradOptions): void {
    backward(this, options);
  },
};

type Methods = typeof methods;
declare module './core/tensor.ts' {
  interface Tensor extends Methods {}
}

Object.assign(Tensor.prototype, methods);
installEngineOps({ addAll: arithmetic.addAll, addLists, onesLike, cast });
