from heatline import main

main()
