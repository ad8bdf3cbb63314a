/** @file The mark for machines: an XMP packet that names the IPTC's digital source type of a picture. */

/** The IPTC digital source type of a picture that was composed with a trained model. */
export const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';

/** The XMP packet of a picture with swapped faces. The wrapper comes from the XMP specification, part 1, §7.3. */
export const syntheticXmp = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about=""
      xmlns:xmp="http://ns.adobe.com/xap/1.0/"
      xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
      xmp:CreatorTool="Visage"
      Iptc4xmpExt:DigitalSourceType="${SOURCE_TYPE}"/>
  </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

/** What an XMP packet says about the origin of a picture. */
export interface XmpMark {
  /** The IPTC digital source type; {@link SOURCE_TYPE} for a picture with swapped faces. */
  readonly sourceType?: string;
  /** The program that wrote the picture. */
  readonly tool?: string;
}

/**
 * The value of a simple property. XMP writes it as an attribute or as an element, and both mean the same (part 1,
 * §7.9.2.2). Prefixes are whatever the packet binds; programs use the usual ones.
 */
function propertyOf(packet: string, name: string): string | undefined {
  const found = new RegExp(`${name}\\s*(?:=\\s*(["'])([^<]{0,400}?)\\1|>\\s*([^<]{0,400}?)\\s*<)`).exec(packet);
  return found?.[2] ?? found?.[3];
}

/** What a packet says about the origin of its picture; `undefined` when it says nothing. */
export function readXmp(packet: string): XmpMark | undefined {
  const [sourceType, tool] = [
    propertyOf(packet, 'Iptc4xmpExt:DigitalSourceType'),
    propertyOf(packet, 'xmp:CreatorTool'),
  ];
  if (sourceType === undefined && tool === undefined) return undefined;
  return { ...(sourceType === undefined ? {} : { sourceType }), ...(tool === undefined ? {} : { tool }) };
}
