import { type CaseReport, runGoldenFile } from '@visage/conformance';

/** What {@link runGoldenFile} reports, all at once. */
export async function reportsOf(...parameters: Parameters<typeof runGoldenFile>): Promise<CaseReport[]> {
  const reports: CaseReport[] = [];
  for await (const report of runGoldenFile(...parameters)) reports.push(report);
  return reports;
}
