import { frameOf, type PlaneForm, packedLayout, pictureOfPlanes, pictureToPlanes, uploadPlanes } from '@visage/photos';

/** Launches the kernels of films' frames. */
export function launchFilms(): void {
  for (const format of ['I420', 'NV12', 'I444P10'] as const) {
    const form: PlaneForm = {
      format,
      width: 9,
      height: 6,
      ...packedLayout(format, 9, 6),
      colours: { matrix: 'bt709', fullRange: false },
      rotation: 90,
      flip: true,
    };
    const planes = uploadPlanes(new Uint8Array(form.bytes), form);
    const shown = pictureOfPlanes(planes, form, frameOf(form));
    pictureToPlanes(planes, form, shown, shown);
  }
}
