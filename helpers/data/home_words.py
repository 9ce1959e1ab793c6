"""Words for a home: what rooms and devices are called, what is said, played, bought, timed.

The templates of `intents` leave these open, as every home has its own.
"""

AREAS = "kitchen|living room|bedroom|bathroom|office|garage|hallway|basement|nursery|dining room|"
AREAS += "guest room|laundry room|attic|porch|library|playroom|study|pantry|patio|workshop"
FLOORS = "ground|first|second|third|upper|lower|top|main"
MESSAGES = "dinner is ready|we leave in ten minutes|the pizza is here|time for bed|i am home|"
MESSAGES += "please come downstairs|breakfast is on the table|the film starts now|grandma is here|"
MESSAGES += "do not forget your keys|the bus is coming|lunch is ready|school starts in an hour"
QUERIES = "abbey road|quiet piano|the four seasons|rain sounds|jazz for cooking|kind of blue|"
QUERIES += "morning news|songs from the nineties|bach|mozart|fairy tales|summer hits|blue planet|"
QUERIES += "a history of bread|nina simone|soft guitar|dance classics|carmen|movie scores"
GROCERIES = "milk|eggs|bread|apples|two lemons|olive oil|coffee|rice|tomatoes|oat milk|butter|"
GROCERIES += "dish soap|batteries|onions|yogurt|green tea|flour|paper towels|carrots|cheese"
CHORES = "call the dentist|water the plants|pay the rent|book the train|wash the car|buy a gift|"
CHORES += "mend the fence|sunscreen|passport|write to anna|clean the windows|return the books|"
CHORES += "order new glasses|candles|sort the photos|change the sheets"
ZONES = "work|school|gym|home|office|library|station|park"
TIMERS = "pasta|pizza|laundry|tea|bread|egg|homework|nap|workout|cake|rice|parking|oven"
COMMANDS = (
    "turn off the lights|open the blinds|lock the front door|start the vacuum|play some jazz|"
)
COMMANDS += "close the garage door|turn on the fan|pause the music|turn the heating down|"
COMMANDS += "switch off the tv|open the curtains|turn on the porch light"

SLOTS = {  # a list of the package that says nothing -> what we put there
    "area": AREAS.split("|"),
    "floor": FLOORS.split("|"),
    "message": MESSAGES.split("|"),
    "search_query": QUERIES.split("|"),
    "shopping_list_item": GROCERIES.split("|"),
    "todo_list_item": CHORES.split("|"),
    "zone": ZONES.split("|"),
    "timer_name": TIMERS.split("|"),
    "timer_command": COMMANDS.split("|"),
}
NAMES = {  # kind of device -> what such a one is called
    "light": ["ceiling light", "desk lamp", "floor lamp", "fairy lights", "reading light", "spots"],
    "switch": ["coffee maker", "kettle", "heated blanket", "aquarium pump", "christmas tree"],
    "fan": ["ceiling fan", "tower fan", "bathroom fan", "desk fan"],
    "cover": ["left curtain", "bay window blinds", "awning", "garage door", "roller shutter"],
    "valve": ["garden valve", "water main", "sprinkler valve", "bath valve"],
    "lock": ["front door", "back door", "cellar door", "garden gate", "side entrance"],
    "climate": ["thermostat", "air conditioner", "floor heating", "radiator"],
    "media_player": ["tv", "soundbar", "kitchen speaker", "record player", "projector", "radio"],
    "binary_sensor": ["leak sensor", "smoke alarm", "motion sensor", "phone", "dishwasher"],
    "sensor": ["outdoor temperature", "power meter", "humidity sensor", "rain gauge"],
    "person": ["anna", "ben", "maria", "samir", "yuki", "oskar"],
    "weather": ["berlin", "new york", "home weather", "lisbon", "tokyo", "sydney"],
    "todo": ["to do", "packing", "birthday", "weekend", "garden", "reading"],
    "vacuum": ["rosie", "robot vacuum", "dusty", "vacuum cleaner", "roomba"],
    "lawn_mower": ["lawn robot", "grasshopper", "mowbert", "garden robot"],
    "scene": ["movie night", "good morning", "romance", "party", "bright"],
    "script": ["bedtime routine", "leaving home", "wake up routine", "holiday mode"],
    "button": ["doorbell chime", "restart button", "feeder button"],
    "input_boolean": ["guest mode", "vacation mode", "quiet hours"],
}
ANY_NAME = [name for kind in ("light", "switch", "fan", "media_player") for name in NAMES[kind]]
