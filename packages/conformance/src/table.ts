import { aligned } from './aligned.ts';
import type { CaseReport } from './run.ts';

const number = (error: number): string => (Number.isFinite(error) ? error.toExponential(1) : 'inf');
const named = (error: number, name: string): string => (name ? number(error) : '-');

/**
 * Formats reports as text: one line per case, then the reasons of failures, then the counts. In mixed precision the
 * column `whole` holds the error of all results together against the file.
 */
export function conformanceTable(reports: readonly CaseReport[]): string {
  const wholes = reports.some(({ fileError }) => fileError !== undefined);
  const whole = ({ fileError }: CaseReport) => (fileError === undefined ? '-' : number(fileError));
  const rows = reports.map((r) => [
    r.case,
    r.op.length > 24 ? `${r.op.slice(0, 23)}…` : r.op,
    named(r.outputError, r.worstOutput),
    named(r.gradientError, r.worstGradient),
    ...(wholes ? [whole(r)] : []),
    r.status,
  ]);
  const heads = ['case', 'op', 'out error', 'grad error', ...(wholes ? ['whole'] : []), 'result'];
  const reasons = reports.filter((r) => r.reason).map((r) => `  ${r.case}: ${r.reason}`);
  const count = (status: CaseReport['status']) => reports.filter((r) => r.status === status).length;
  const summary = `${count('pass')} passed, ${count('fail')} failed, ${count('unsupported')} unsupported`;
  return [...aligned([heads, ...rows]), ...(reasons.length > 0 ? ['', ...reasons] : []), '', summary].join('\n');
}
