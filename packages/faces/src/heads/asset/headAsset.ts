/**
 * @file What a mesh head is made of: the base mesh with its morph targets, the parts that follow it, and their
 * textures. Lengths are decimetres; x points to the viewer's right, y up and z to the viewer. The crown of the mean
 * head lies at y = 8.5, its eyes at (±0.308, 7.284, 1.298), its chin at (0, 6.2, 1.43).
 */

/** What a part is, in the order in which parts of a picture follow each other. */
export const partKinds = ['body', 'eyes', 'teeth', 'tongue', 'brows', 'lashes', 'hair'] as const;

export type PartKind = (typeof partKinds)[number];

/** A piece of surface: points that follow the base mesh, and triangles between copies of them that carry texture. */
export interface HeadPart {
  readonly kind: PartKind;
  /** The name of the style, such as `bob01`. */
  readonly name: string;
  /** Base vertices that each point follows [points, 3]. */
  readonly refs: Uint16Array;
  /** point = Σ weights[k] · base[refs[k]] + offset; [points, 3]. */
  readonly weights: Float32Array;
  /** [points, 3] in decimetres. */
  readonly offsets: Float32Array;
  /** The point of each vertex that is drawn [vertices]; seams of the texture double points. */
  readonly vertex: Uint16Array;
  /** Place in the texture [vertices, 2], from 0 to 1, v downwards. */
  readonly uv: Float32Array;
  /** Vertices of the triangles [triangles, 3], counterclockwise from outside. */
  readonly triangles: Uint16Array;
}

/** Layers of texture of equal size: bytes [layers, height, width, channels]. */
export interface TextureLayers {
  readonly names: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly bytes: Uint8Array;
}

/** The morph targets, sparse: target k moves the base vertices index[start[k]] … index[start[k + 1] − 1]. */
export interface MorphTargets {
  readonly names: readonly string[];
  /** [targets + 1]. */
  readonly start: Uint32Array;
  /** Base vertices [entries]. */
  readonly index: Uint16Array;
  /** Their moves at weight 1 [entries, 3], in thousandths of a decimetre. */
  readonly delta: Int16Array;
}

/** A head with all its styles. */
export interface HeadAsset {
  /** Positions of the base mesh's vertices [vertices, 3]; parts and targets count from here. */
  readonly base: Float32Array;
  readonly targets: MorphTargets;
  /**
   * One part each of body, eyes, teeth and tongue, then all styles of brows, lashes and hair. The eyes keep the points
   * of the clear cornea, which the middle of the eyeball counts, but none of its triangles.
   */
  readonly parts: readonly HeadPart[];
  /** Base vertices of the 68 landmarks of the iBUG scheme. */
  readonly landmarks: Uint16Array;
  /**
   * Ambient occlusion of the points of body, eyes, teeth, tongue, brows[0], lashes[0] and then hair, one row for the
   * bald head and one for each style of hair: 255 is open sky. Teeth and tongue are shaded by each other only.
   */
  readonly occlusion: readonly Uint8Array[];
  /**
   * How far identities can shift the outline of the body about each of its points [points of the body], in 200ths of a
   * decimetre, rounded up: the mask of a swap is the carrier's window, grown by these lengths. 0 outside the window.
   */
  readonly growth: Uint8Array;
  readonly textures: {
    /** Optical density of the skin minus its mean over the face: 64 steps a unit about 128; RGB. */
    readonly skins: TextureLayers;
    /** The part of the body's texture that `skins` holds: [left, top, right, bottom] in u and v. Elsewhere is 128. */
    readonly skinWindow: readonly [number, number, number, number];
    /** Luminance and alpha. */
    readonly hair: TextureLayers;
    /** Luminance and alpha. */
    readonly brows: TextureLayers;
    /** Alpha. */
    readonly lashes: TextureLayers;
    /** RGB, linear: 255 is white. */
    readonly irises: TextureLayers;
    /** Teeth and tongue; RGB, sRGB coded. */
    readonly mouth: TextureLayers;
    /**
     * Equirectangular radiance L, rows from the zenith down, coded as round(255 log2(1 + L / 0.01) / log2(1 + 40 /
     * 0.01)); RGB.
     */
    readonly environments: TextureLayers;
    /**
     * Irradiance over π of each environment [environments, 9, 3], as the coefficients of a polynomial of the normal
     * (x, y, z) in 1, y, z, x, xy, yz, 3z² − 1, xz, x² − y²; RGB. The middle column of an environment lies at −z.
     */
    readonly irradiance: Float32Array;
  };
}
