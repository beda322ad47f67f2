"""The head under torch.func and torch.compile: the numbers of the plain formula, in float64."""

import pytest
import torch
import torch.nn.functional as F
from torch.func import functional_call, grad, hessian, jacrev, jvp, stack_module_state, vmap

from benchmarks.dense import DenseHead
from rada.head import rational
from rada.head.attention import joint_softmax
from tests.rada import features, random_head

pytestmark = [
    pytest.mark.numerical,
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated"),  # forward mode's own
]

CLOSE = {"rtol": 1e-9, "atol": 1e-9}
LABEL = torch.tensor([0, 2, 1])
BACKENDS = pytest.mark.parametrize("backend", ["eager", "aot_eager"])
PLAIN_ONLY = "torch.func and torch.compile follow the plain form of the head only, got {}"


@pytest.fixture(params=["shared", "per image"])
def inputs(request):
    """Image and text features and scale."""
    shape = (4, 16) if request.param == "shared" else (3, 4, 16)
    return features(3, 16), features(*shape, seed=1), torch.tensor(20.0, dtype=torch.float64)


@pytest.fixture
def anew():
    """No code that an earlier test has compiled."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def loss_of(head):
    """The loss of a training step as a function of parameters and inputs."""

    def loss(parameters, images, texts, scale, label=LABEL):
        logits, penalty = functional_call(head, parameters, (images, texts, scale))
        return F.cross_entropy(logits, label) + penalty

    return loss


def wanted_gradients(head, inputs, label=LABEL):
    """Of parameters, by their names, and of the inputs, by the dense formula without transforms."""
    tensors = [tensor.clone().requires_grad_() for tensor in inputs]
    logits, penalty = DenseHead(head.mask, head.alpha, head.penalty)(*tensors)
    loss = F.cross_entropy(logits, label) + penalty
    names = [name for name, _ in head.named_parameters()]
    found = torch.autograd.grad(loss, [*head.parameters(), *tensors])
    return dict(zip(names, found, strict=False)), found[len(names) :]


@pytest.mark.parametrize("penalty", ["linf", "mse"])
@pytest.mark.parametrize("form", ["plain", "auto"])
def test_gradients(form, penalty, inputs):
    head = random_head(alpha=0.7, penalty=penalty, form=form)
    parameters, tensors = wanted_gradients(head, inputs)
    places = tuple(range(4))
    found = grad(loss_of(head), places)(dict(head.named_parameters()), *inputs)
    torch.testing.assert_close(found[0], parameters, **CLOSE)
    torch.testing.assert_close(found[1:], tensors, **CLOSE)


def test_gradients_of_each_image(inputs):
    """vmap of grad: the texts shared, or one set for each image."""
    head, (images, texts, scale) = random_head(alpha=0.7), inputs
    shared = texts.dim() == 2

    def one(parameters, image, text, label):
        text = text if shared else text[None]
        return loss_of(head)(parameters, image[None], text, scale, label[None])

    each = vmap(grad(one), (None, 0, None if shared else 0, 0))
    found = each(dict(head.named_parameters()), images, texts, LABEL)
    for i in range(3):
        some = images[i : i + 1], texts if shared else texts[i : i + 1], scale
        expected, _ = wanted_gradients(head, some, LABEL[i : i + 1])
        torch.testing.assert_close({k: v[i] for k, v in found.items()}, expected, **CLOSE)


def test_vmap_over_images_and_scales(inputs):
    head, (images, texts, _) = random_head(alpha=0.7), inputs
    scales = torch.tensor([5.0, 20.0], dtype=torch.float64)

    def one(image, text, scale):
        logits, penalty = head(image[None], text, scale)
        return logits[0], penalty, head.mask(image[None], text, scale)[0]

    text_place = None if texts.dim() == 2 else 0
    texts_of_one = texts if texts.dim() == 2 else texts[:, None]
    every = vmap(vmap(one, (0, text_place, None)), (None, None, 0))
    logits, penalty, mask = every(images, texts_of_one, scales)
    for scale, *found in zip(scales, logits, penalty, mask, strict=True):
        expected = *head(images, texts, scale), head.mask(images, texts, scale)
        found[1] = found[1].mean()  # of all images
        torch.testing.assert_close(found, list(expected), **CLOSE)


def test_an_ensemble(inputs):
    """Stacked parameters of three heads, and their gradients."""
    heads = [random_head(alpha=0.7) for _ in range(3)]
    for i, head in enumerate(heads):
        for parameter in head.parameters():
            parameter.data *= 1 + 0.1 * i
    stacked, _ = stack_module_state(heads)
    stacked = {name: tensor.detach() for name, tensor in stacked.items()}
    logits = vmap(lambda p: functional_call(heads[0], p, inputs)[0])(stacked)
    gradients = vmap(grad(loss_of(heads[0])), (0, None, None, None))(stacked, *inputs)
    for i, head in enumerate(heads):
        torch.testing.assert_close(logits[i], DenseHead(head.mask)(*inputs)[0], **CLOSE)
        found = {name: tensor[i] for name, tensor in gradients.items()}
        torch.testing.assert_close(found, wanted_gradients(head, inputs)[0], **CLOSE)


def test_jacobians_and_hessians(inputs):
    head, (images, texts, scale) = random_head(), inputs
    dense = DenseHead(head.mask)
    found = jacrev(lambda image: head(image, texts, scale)[0])(images)
    expected = torch.autograd.functional.jacobian(lambda i: dense(i, texts, scale)[0], images)
    torch.testing.assert_close(found, expected, **CLOSE)

    def energy(layers):
        return lambda image: layers(image, texts, scale)[0].square().sum()

    found = jacrev(jacrev(energy(head)))(images)
    expected = torch.autograd.functional.hessian(energy(dense), images)
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-7)
    torch.testing.assert_close(hessian(energy(head))(images), expected, rtol=1e-8, atol=1e-7)


def test_forward_mode(inputs):
    """The derivative along a direction: the Jacobian times it."""
    head, (images, texts, scale) = random_head(alpha=0.7), inputs
    direction, dense = torch.ones_like(images), DenseHead(random_head().mask, 0.7)
    _, found = jvp(lambda image: head(image, texts, scale), (images,), (direction,))
    _, expected = torch.autograd.functional.jvp(
        lambda image: dense(image, texts, scale), images, direction
    )
    torch.testing.assert_close(found, expected, **CLOSE)


def under_transforms(scores):
    return vmap(joint_softmax)(scores[None])[0]


def test_the_joint_softmax_of_transforms_is_the_same():
    scores = torch.randn(2, 5, 5, dtype=torch.float64, requires_grad=True)
    expected = joint_softmax(scores)
    torch.testing.assert_close(under_transforms(scores), expected, rtol=1e-13, atol=0)
    assert torch.autograd.gradgradcheck(under_transforms, scores)
    huge = torch.tensor([[[1e4, -1e4], [0, 1e4]]])
    assert under_transforms(huge).tolist() == [[[0.5, 0], [0, 0.5]]]


def test_its_gradients_lose_no_digits_at_800_classes():
    """What the softmax over all K*K numbers at once does."""
    generator = torch.Generator().manual_seed(0)
    scores, weights = torch.randn(2, 1, 800, 800, generator=generator)
    found, expected = (
        grad(lambda each, w=w: (w * under_transforms(each)).sum())(scores.to(w.dtype))
        for w in (weights, weights.double())
    )
    assert (found - expected).abs().max() <= 1e-6 * expected.abs().max()


def test_features_are_looked_at_where_somebody_can():
    """Under grad they are; of one element under vmap nobody can read a number."""
    head, image, text = random_head(), 3 * features(2, 16), features(4, 16, seed=1)
    with pytest.raises(ValueError, match="image features have to be L2-normalised, .* norm 3;"):
        grad(lambda i: head(i, text, 20.0)[0].sum())(image)
    with pytest.raises(ValueError, match="image features have to be L2-normalised"):
        parameters = {name: p[None] for name, p in head.named_parameters()}
        vmap(lambda p: functional_call(head, p, (image, text, 20.0))[0])(parameters)
    assert vmap(lambda i: head(i[None], text, 20.0)[0])(image).isfinite().all()
    with pytest.raises(ValueError, match="no classes"):
        vmap(lambda i: head(i[None], text[:0], 20.0)[0])(image)


def test_other_forms_say_what_to_do(monkeypatch):
    image, text = features(3, 16), features(4, 16, seed=1)

    def transform(head):
        return grad(lambda image: head(image, text, 20.0)[0].sum())(image)

    with pytest.raises(ValueError, match=PLAIN_ONLY.format("the linear form; build it with")) as e:
        transform(random_head(form="linear"))
    assert "\n" not in str(e.value) and 'form="plain"' in str(e.value)
    monkeypatch.setattr(rational, "DENSE", 95)  # 3 images, 2 heads, 4 * 4 classes: 96
    with pytest.raises(ValueError, match=PLAIN_ONLY.format('96 scores .* "auto" takes it for 95 ')):
        transform(random_head())
    expected = transform(random_head(form="plain"))
    monkeypatch.setattr(rational, "DENSE", 96)
    assert torch.equal(transform(random_head()), expected)


@BACKENDS
def test_compiled_whole(backend, inputs, anew):
    """Logits, penalty, all gradients; then other sizes."""
    head = random_head(alpha=0.7)
    compiled = torch.compile(head, fullgraph=True, backend=backend)
    tensors = [tensor.clone().requires_grad_() for tensor in inputs]
    logits, penalty = compiled(*tensors)
    dense = DenseHead(head.mask, 0.7)
    torch.testing.assert_close((logits, penalty), dense(*inputs), **CLOSE)
    loss = F.cross_entropy(logits, LABEL) + penalty
    found = torch.autograd.grad(loss, [*head.parameters(), *tensors])
    parameters, gradients = wanted_gradients(head, inputs)
    torch.testing.assert_close(found, (*parameters.values(), *gradients), **CLOSE)
    with torch.no_grad():
        for images, classes in ((5, 7), (2, 3), (6, 1)):
            other = features(images, 16), features(classes, 16, seed=2), inputs[2]
            torch.testing.assert_close(compiled(*other), dense(*other), **CLOSE)


@BACKENDS
def test_a_transform_compiled_whole(backend, anew):
    head, image, text = random_head(), features(3, 16), features(4, 16, seed=1)

    def each(images):
        return vmap(grad(lambda i: head(i[None], text, 20.0)[0].square().sum()))(images)

    found = torch.compile(each, fullgraph=True, backend=backend)(image)
    torch.testing.assert_close(found, each(image), **CLOSE)


@pytest.mark.filterwarnings(
    "ignore:The .grad attribute of a Tensor that is not a leaf"
)  # PyTorch's
@pytest.mark.parametrize("form", ["linear", "auto"])
def test_a_compiler_leaves_off_before_other_forms(form, anew, monkeypatch):
    """Or says why, where it has to go through."""
    monkeypatch.setattr(rational, "DENSE", 10)
    head, inputs = random_head(alpha=0.7, form=form), (features(3, 16), features(4, 16, seed=1))
    found = torch.compile(head, backend="eager")(*inputs, 20.0)
    torch.testing.assert_close(found, head(*inputs, 20.0), **CLOSE)
    torch._dynamo.reset()
    with pytest.raises(torch._dynamo.exc.Unsupported, match=PLAIN_ONLY.format("(the lin|96 sco)")):
        torch.compile(head, backend="eager", fullgraph=True)(*inputs, 20.0)
