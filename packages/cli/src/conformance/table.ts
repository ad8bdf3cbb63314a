import { aligned } from '../terminal/aligned.ts';
import type { CaseReport } from './run.ts';

const number = (error: number, name: string): string =>
  name ? (Number.isFinite(error) ? error.toExponential(1) : 'inf') : '-';

/** One line per case, then why the failed ones failed, then the counts. */
export function conformanceTable(reports: readonly CaseReport[]): string {
  const rows = reports.map((r) => [
    r.case,
    r.op.length > 24 ? `${r.op.slice(0, 23)}…` : r.op,
    number(r.outputError, r.worstOutput),
    number(r.gradientError, r.worstGradient),
    r.status,
  ]);
  const lines = aligned([['case', 'op', 'out error', 'grad error', 'result'], ...rows]);
  const reasons = reports.filter((r) => r.reason).map((r) => `  ${r.case}: ${r.reason}`);
  const count = (status: CaseReport['status']) => reports.filter((r) => r.status === status).length;
  const summary = `${count('pass')} passed, ${count('fail')} failed, ${count('unsupported')} unsupported`;
  return [...lines, ...(reasons.length > 0 ? ['', ...reasons] : []), '', summary].join('\n');
}
