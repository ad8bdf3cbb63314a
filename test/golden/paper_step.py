"""A step of the paper's training in PyTorch, which make_simswap.py repeats and make_steps.py takes from stored states."""
import torch
import torch.nn.functional as F

from networks import NORMALS


class PaperStep:
    """The networks of a training with an Adam each. `weights` are (identity, reconstruction, feature matching, gradient penalty), `maps` the matched ones."""

    def __init__(self, G, D, A, face, weights=(10, 10, 10, 1e-5), maps=(2, 3), adam=(4e-4, 0., .999)):
        rate, *betas = adam
        self.G, self.D, self.A, self.face, self.weights, self.maps = G, D, A, face, weights, maps
        self.og, self.od = (torch.optim.Adam(module.parameters(), rate, tuple(betas)) for module in (G, D))

    def embed(self, x):
        mean, std = (normal.to(x.dtype) for normal in NORMALS)
        return self.A((F.interpolate(x, size=(self.face, self.face), mode='bicubic', align_corners=False) - mean) / std)

    def judge(self, x):
        return [self.D[0](x), self.D[1](F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))]

    def take(self, t, s, alpha, same):
        """Updates the generator, then the discriminator, and returns the nine losses; `same`: both photos show one person."""
        l_id, l_rec, l_fm, l_gp = self.weights
        z = F.normalize(self.embed(s))
        y = self.G(t, z)
        fake, real = self.judge(y), self.judge(t)
        adv = -sum(o[-1].mean() for o in fake) / 2
        fm = sum((a[j] - b[j].detach()).abs().mean() for a, b in zip(fake, real) for j in self.maps) / 2
        idl, rec = (1 - F.cosine_similarity(self.embed(y), z)).mean(), (y - t).abs().mean()
        lg = adv + l_fm * fm + l_id * idl + (l_rec * rec if same else 0)
        self.og.zero_grad()
        lg.backward()
        self.og.step()
        y = y.detach()
        fake, real = self.judge(y), self.judge(t)
        hr, hf = (sum(F.relu(1 + sign * o[-1]).mean() for o in outs) / 2 for sign, outs in ((-1, real), (1, fake)))
        x = (alpha * t + (1 - alpha) * y).requires_grad_(True)
        slopes = [torch.autograd.grad(o[-1].sum(), x, create_graph=True)[0].flatten(1) for o in self.judge(x)]
        gp = sum(((slope.norm(dim=1) - 1) ** 2).mean() for slope in slopes) / 2
        ld = hr + hf + l_gp * gp
        self.od.zero_grad()
        ld.backward()
        self.od.step()
        return torch.stack([adv, fm, idl, rec, lg, hr, hf, gp, ld]).detach()
