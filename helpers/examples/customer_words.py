"""The words of the packaged help desk: its replies, and what made rephrasings are made of.

Both are ours. {room} and {device} in a reply are filled from what the dialogue remembers.
"""

REPLIES = {
    "broadcast": "Your message goes out on all speakers.",
    "cancel_all_timers": "All timers are cancelled.",
    "cancel_timer": "The timer is cancelled.",
    "climate_get_temperature": "I look up how warm it is: {room}.",
    "climate_set_fan_mode": "The mode of the fan is set: {room}.",
    "climate_set_temperature": "The temperature is set: {room}.",
    "decrease_timer": "The timer is shorter now.",
    "fan_set_speed": "The speed of the fan is set: {room}.",
    "get_current_date": "I tell you today's date.",
    "get_current_time": "I tell you the time.",
    "get_state": "I look up how that is: {device}, {room}.",
    "get_weather": "I look up the weather.",
    "increase_timer": "The timer is longer now.",
    "lawn_mower_dock": "The mower drives home.",
    "lawn_mower_start_mowing": "The mower begins.",
    "light_set": "The light is as you said: {room}.",
    "list_add_item": "It is on your list.",
    "list_complete_item": "It is checked off on your list.",
    "list_remove_item": "It is off your list.",
    "media_next": "Here comes the next one: {room}.",
    "media_pause": "Paused: {room}.",
    "media_player_mute": "The sound is off: {room}.",
    "media_player_unmute": "The sound is on again: {room}.",
    "media_previous": "The one before, once more: {room}.",
    "media_search_and_play": "I look for it and play it: {room}.",
    "media_unpause": "It plays on: {room}.",
    "pause_timer": "The timer waits.",
    "set_position": "It moves there: {device}, {room}.",
    "set_volume": "The volume is set: {room}.",
    "set_volume_relative": "The volume is changed: {room}.",
    "shopping_list_add_item": "It is on the shopping list.",
    "shopping_list_complete_item": "It is checked off on the shopping list.",
    "start_timer": "The timer runs.",
    "timer_status": "I look up how much time is left.",
    "turn_off": "Switched off: {device}, {room}.",
    "turn_on": "Switched on: {device}, {room}.",
    "unpause_timer": "The timer goes on.",
    "vacuum_clean_area": "The vacuum cleaner goes there: {room}.",
    "vacuum_return_to_base": "The vacuum cleaner drives home.",
    "vacuum_start": "The vacuum cleaner begins.",
}
FRAMES = {  # phrases around a complaint
    "train": ["{}", "hello, {}", "please help, {}", "{}, what can i do"],
    "validation": ["hi there, {}", "{}, any idea"],
    "test": ["good morning, {}", "{} and i do not know why", "how do i fix this: {}"],
}
_WORDS = {  # word -> synonyms of training / validation / test
    "computer": "machine, desktop / workstation / pc, tower",
    "laptop": "notebook, portable computer / ultrabook / macbook, thinkpad",
    "screen": "display / panel / monitor",
    "internet": "connection, wifi / broadband / web access, network",
    "printer": "printing machine / laser printer / inkjet, print station",
    "printing": "putting out pages / making copies / giving me paper, working",
    "mouse": "pointer / trackball / cursor device, wireless mouse",
    "webcam": "camera / video camera / cam",
    "sound": "audio, music / noise / voice, tone",
    "password": "login / passcode / pin, code word",
    "forgot": "lost, do not remember / no longer know / have forgotten, cannot recall",
    "responding": "reacting, moving / doing anything / clicking, working",
    "detected": "found, recognized / listed / seen, there",
    "overheating": "too hot, very hot / heating up / burning hot, getting warm",
    "flickering": "blinking, flashing / unsteady / jumping, trembling",
    "black": "dark, blank / empty / without a picture, off",
    "system": "pc case, machine / box / unit, rig",
    "working": "available, running / usable / there, up",
    "hear": "get / notice / make out, perceive",
}
SYNONYMS = {
    word: dict(
        zip(
            ("train", "validation", "test"),
            ([s.strip() for s in part.split(",")] for part in line.split("/")),
            strict=True,
        )
    )
    for word, line in _WORDS.items()
}
