/**
 * @file Content credentials (C2PA): a signed record inside a JPEG or PNG file of what made the picture, bound to its
 * bytes by a hash.
 *
 * The certificate is made anew in each process, and nobody vouches for it: readers show the record as one of an unknown
 * signer. It still says what the picture is, and that its bytes have not changed since.
 */
import type { Asset } from '@trustnxt/c2pa-ts/asset';
import type { ReadableFormat } from '../../codecs/formats.ts';

// The libraries take 0.3 s to load, which programs that write no picture need not wait for.
const library = async () => ({
  ...(await import('@trustnxt/c2pa-ts/asset')),
  ...(await import('@trustnxt/c2pa-ts/cose')),
  ...(await import('@trustnxt/c2pa-ts/jumbf')),
  ...(await import('@trustnxt/c2pa-ts/manifest')),
});

/** Formats that hold a record. */
export type C2paFormat = 'jpeg' | 'png';

/** Whether a format holds a record. */
export const holdsC2pa = (format: ReadableFormat): format is C2paFormat => format === 'jpeg' || format === 'png';

async function assetOf(bytes: Uint8Array, format: C2paFormat): Promise<Asset> {
  const { JPEG, PNG } = await library();
  return format === 'jpeg' ? new JPEG(bytes) : new PNG(bytes);
}

const ES256 = -7; // COSE's number of ECDSA with P-256 and SHA-256 (RFC 9053)
const [ISSUER, SUBJECT] = ['CN=Visage (made for this run), O=Visage', 'CN=Visage, O=Visage'];
const DAY = 86_400_000; // ms

/**
 * A key and a certificate of it that meets C2PA's profile (specification 2.1, §14.5.1), valid for 90 days. The profile
 * refuses a certificate that signs itself, so a second key of this run issues it and is forgotten.
 */
async function makeSigner() {
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [issuer, own] = [await makeKeys(), await makeKeys()];
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.create({
    issuer: ISSUER,
    subject: SUBJECT,
    publicKey: own.publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - DAY), // clocks differ
    notAfter: new Date(now + 90 * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.emailProtection], false),
      await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  const { LocalSigner } = await library();
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', own.privateKey));
  return new LocalSigner(key, ES256, certificate, []);
}

let signer: ReturnType<typeof makeSigner> | undefined;

/** Adds a record that says: created by Visage, as a composite with what a trained model made. */
export async function signC2pa(bytes: Uint8Array, format: C2paFormat): Promise<Uint8Array> {
  signer ??= makeSigner();
  const [own, asset, c2pa] = [await signer, await assetOf(bytes, format), await library()];
  const store = new c2pa.ManifestStore();
  const manifest = store.createManifest({
    claimVersion: c2pa.ClaimVersion.V2,
    assetFormat: `image/${format}`,
    instanceID: `xmp:iid:${crypto.randomUUID()}`,
    defaultHashAlgorithm: 'SHA-256',
    signer: own,
  });
  if (manifest.claim) manifest.claim.claimGeneratorName = 'Visage';
  const hash = c2pa.DataHashAssertion.create('SHA-256');
  const actions = new c2pa.ActionAssertion();
  actions.actions.push({
    action: c2pa.ActionType.C2paCreated,
    digitalSourceType: c2pa.DigitalSourceType.CompositeWithTrainedAlgorithmicMedia,
    softwareAgent: { name: 'Visage' },
  });
  manifest.addAssertion(hash);
  manifest.addAssertion(actions);
  await asset.ensureManifestSpace(store.measureSize());
  await hash.updateWithAsset(asset);
  await manifest.sign(own);
  await asset.writeManifestJUMBF(store.getBytes());
  return asset.getDataRange();
}

/** What a record says. */
export interface C2paMark {
  /** The program that made the claim. */
  readonly tool?: string;
  /** The IPTC digital source types of its actions. */
  readonly sourceTypes: readonly string[];
  /** Whom the certificate names. */
  readonly signer?: string;
  /**
   * Whether the signature is right and the bytes are those that were signed. Who signed is not judged: that would need
   * a list of those whom one trusts.
   */
  readonly intact: boolean;
}

/** Findings about who signed; they do not mean that anything was changed. */
const ABOUT_TRUST = /^signingCredential\./;

/** The record of a file; `undefined` when it has none. A record that cannot be read is one that is not intact. */
export async function readC2pa(bytes: Uint8Array, format: C2paFormat): Promise<C2paMark | undefined> {
  try {
    const asset = await assetOf(bytes, format);
    const packed = asset.getManifestJUMBF();
    if (!packed) return undefined;
    const { ActionAssertion, ManifestStore, SuperBox } = await library();
    const store = ManifestStore.read(SuperBox.fromBuffer(Uint8Array.from(packed)));
    const { claim, assertions: { assertions = [] } = {}, signature } = store.getActiveManifest() ?? {};
    // the library compares the bytes only under a certificate that it finds in order, so they are compared here too
    const results = [await store.validate(asset)];
    for (const assertion of assertions) results.push(await assertion.validateAgainstAsset(asset));
    const findings = results.flatMap(({ statusEntries }) => statusEntries);
    const actions = assertions.flatMap((one) => (one instanceof ActionAssertion ? one.actions : []));
    return {
      tool: claim?.claimGeneratorName,
      sourceTypes: actions.flatMap(({ digitalSourceType }) => digitalSourceType ?? []),
      signer: signature?.signatureData.certificate?.subject,
      intact: findings.every(({ success, code }) => success || ABOUT_TRUST.test(code)),
    };
  } catch {
    return { sourceTypes: [], intact: false };
  }
}
