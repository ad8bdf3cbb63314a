import { identityKind, judgeKind } from './identityKind.ts';
import type { ReaderKind } from './kind.ts';
import { landmarkKind, parsingKind } from './renderedKinds.ts';
import type { ReaderName } from './settings.ts';

/** All kinds of readers, by name. */
export const readerKinds: Readonly<Record<ReaderName, ReaderKind>> = {
  identity: identityKind,
  judge: judgeKind,
  parsing: parsingKind,
  landmarks: landmarkKind,
};
