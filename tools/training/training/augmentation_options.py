"""Every number of the mixtures and their augmentation in one place; it goes into the checkpoint."""

from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True)
class Augmentation:
    """Probabilities are shares of the items; ranges are drawn from evenly; levels are in dB."""

    # Speech that is wanted
    one_speaker: float = 0.7  # else every utterance may be somebody else's
    other_speed: float = 0.3  # pitch and formants with it, 7/8 to 8/7
    equalised_speech: float = 0.2
    reverberant_speech: float = 0.25
    whispered: float = 0.03
    sung: float = 0.04  # held notes, 150 to 800 Hz
    distant: float = 0.05  # a second talker after the first, `distance` lower
    distance: tuple[float, float] = (20.0, 35.0)
    nobody: float = 0.03

    # Noise
    synthetic_noise: bool = True
    other_speed_noise: float = 0.4  # of the corpus's, half to twice the speed, pitch with it
    backwards_noise: float = 0.25  # of the corpus's
    signal_to_noise: tuple[float, float] = (-4.0, 22.0)
    nearly_clean: float = 0.04
    sudden: float = 0.35
    reverberant_noise: float = 0.15
    measured_room: float = 0.5  # of the reverberant noises and voices, where room responses are given

    # A second voice, and what was learned
    second_voice: float = 0.35
    voice_ratio: tuple[float, float] = (-4.0, 15.0)  # of the wanted voice over the second one
    equalised_voice: float = 0.5
    reverberant_voice: float = 0.6
    learned_own: float = 0.5  # of the second voices: this voice was learned, and goes
    learned_other: float = 0.28  # another voice was learned: this one stays
    learned_noise: float = 0.12  # of the items without a second voice: the noise was learned
    learned_stranger: float = 0.15  # of the items without a second voice: a voice that is not there was learned
    learned_two: float = 0.15  # of what was learned: a second sound was learned with it
    learned_wanted: float = 0.15  # of the learned voices: the wanted voice is in it too, for a smaller part

    # Microphone
    clipped: float = 0.05
    offset: float = 0.08
    largest_offset: float = 0.15  # of full scale
    rumble: float = 0.08
    rumble_ratio: tuple[float, float] = (-5.0, 20.0)  # over the mixture
    level: tuple[float, float] = (-40.0, -14.0)
    quiet: float = 0.15
    quiet_level: tuple[float, float] = (-62.0, -40.0)

    # The rolling reference
    leaking: float = 0.4
    leak: tuple[float, float] = (-26.0, -8.0)
    other_reference: float = 0.1  # another room's noise
    empty: float = 0.05
    random_start: float = 0.4  # of the level gain; else as if it had long run

    # Time
    backwards: float = 0.0  # heard from their end: 1 makes the network of files' way back

    @classmethod
    def plain(cls) -> "Augmentation":
        """The corpora as they are, mixed at the same ratios: nothing synthetic, filtered, in a room or learned."""
        kept = {"nobody", "nearly_clean", "empty", "random_start", "leaking", "one_speaker"}
        return cls(synthetic_noise=False, **{
            f.name: 0.0 for f in fields(cls) if f.type == "float" or f.type is float if f.name not in kept
        })  # fmt: skip

    @classmethod
    def with_shares(cls, assignments: list[str], start: "Augmentation | None" = None) -> "Augmentation":
        """`start` with the named numbers changed, each as NAME=VALUE; a sentence in ValueError where one is none of ours."""
        changed = {}
        known = {f.name for f in fields(cls) if f.type == "float" or f.type is float}
        for assignment in assignments:
            name, _, value = assignment.partition("=")
            if name not in known:
                raise ValueError(f"'{name}' is no share of the augmentation; it has {', '.join(sorted(known))}")
            try:
                changed[name] = float(value)
            except ValueError:
                raise ValueError(f"{assignment}: '{value}' is not a number; write {name}=0.2") from None
            if not 0 <= changed[name] <= 1:
                raise ValueError(f"{assignment} is out of range; a share is 0 to 1")
        return replace(start or cls(), **changed)

    def as_dict(self) -> dict:
        return asdict(self)

    def validation(self, kind: str) -> "Augmentation":
        """The items of one kind of the validation set: `noise`, `learned`, `other` (another voice was learned)."""
        alone = replace(self, second_voice=0.0, learned_noise=0.0, learned_stranger=0.0, nobody=0.0)
        voiced = replace(self, second_voice=1.0, learned_two=0.0, learned_wanted=0.0, nobody=0.0)
        return {
            "noise": alone,
            "learned": replace(voiced, learned_own=1.0, learned_other=0.0),
            "other": replace(voiced, learned_own=0.0, learned_other=1.0),
        }[kind]
