/**
 * @file Expressions: a few drives, such as a smile or raised brows, each of which moves several units (morph targets)
 * of the face. Unit = Σ gain · drive. Drives of the eyes and brows have a left and a right value, a little different.
 */

/** The drives in the order in which kernels/heads/people.wgsl writes them. */
export const driveNames = [
  'smile',
  'teeth',
  'open',
  'sad',
  'press',
  'purse',
  'disgust',
  'browInnerLeft',
  'browInnerRight',
  'browUpLeft',
  'browUpRight',
  'browDownLeft',
  'browDownRight',
  'squintLeft',
  'squintRight',
  'wideLeft',
  'wideRight',
  'closedLeft',
  'closedRight',
] as const;

export type DriveName = (typeof driveNames)[number];

/** Where the units of expression lie among the targets of an asset. */
export const unitPrefix = 'expression/units/caucasian/';

const sides = (drive: 'browInner' | 'browUp' | 'browDown' | 'squint' | 'wide' | 'closed', unit: string, gain = 1) =>
  (['left', 'right'] as const).map((side) => ({
    drive: `${drive}${side === 'left' ? 'Left' : 'Right'}` as DriveName,
    unit: unit.replace('*', side),
    gain,
  }));

/** What each drive moves. */
export const expressionRecipe: readonly { readonly drive: DriveName; readonly unit: string; readonly gain: number }[] =
  [
    { drive: 'smile', unit: 'mouth-corner-puller', gain: 1 },
    { drive: 'teeth', unit: 'mouth-upward-retraction', gain: 1 },
    { drive: 'open', unit: 'mouth-open', gain: 1 },
    { drive: 'sad', unit: 'mouth-depression', gain: 1 },
    { drive: 'press', unit: 'mouth-compression', gain: 1 },
    { drive: 'purse', unit: 'mouth-pursing', gain: 1 },
    { drive: 'disgust', unit: 'nose-left-elevation', gain: 1 },
    { drive: 'disgust', unit: 'nose-right-elevation', gain: 1 },
    ...sides('browInner', 'eyebrows-*-inner-up'),
    ...sides('browUp', 'eyebrows-*-up'),
    ...sides('browDown', 'eyebrows-*-down'),
    ...sides('squint', 'eye-*-slit'),
    ...sides('wide', 'eye-*-opened-up'),
    ...sides('closed', 'eye-*-closure'),
  ];
